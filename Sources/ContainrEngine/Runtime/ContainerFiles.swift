// The files that configs and secrets are in containers: on one tmpfs of ours, a directory a container. Knows neither
// services nor where contents come from.
internal import ContainrRootfs
public import ContainrSystem
public import SystemPackage

/// The directory that holds them. Its mount is made with the first file and goes with the last stack.
public struct ContainerFiles: Sendable {
  let directory: FilePath
  /// No id begins with a dot.
  private static let keyName: FilePath = ".key"

  /// Makes nothing.
  public init(directory: FilePath) { self.directory = directory }

  /// Mounts the tmpfs unless it is there, with a new random key in it. Only while nobody else can be making it.
  public func ensure() throws(SyscallError) {
    if try MemoryMount.isMounted(directory) { return }
    try Kernel.makeDirectories(directory, mode: 0o700)
    try MemoryMount.mount(on: directory) { (root: CInt) throws(SyscallError) in
      let random = try Kernel.open("/dev/urandom")
      var key = [UInt8](repeating: 0, count: 32)
      guard try Kernel.read(random.raw, into: &key) == key.count else {
        throw SyscallError(errno: 5, operation: "read", path: "/dev/urandom")
      }
      try Kernel.open(Self.keyName, at: root, [.writeOnly, .create, .exclusive], mode: 0o400).writeAll(key)
    }
  }

  /// What digests of contents are keyed with: as long as the mount is there, and never on a disk. nil without the mount.
  public func key() throws(SyscallError) -> [UInt8]? {
    guard try MemoryMount.isMounted(directory) else { return nil }
    return try Kernel.contents(of: directory.pushing(Self.keyName), limit: 64)
  }

  /// Where a file of a container is.
  public func path(_ id: String, _ name: String) -> FilePath { directory.appending(id).appending(name) }

  /// Whether it is there.
  public func exists(_ id: String, _ name: String) throws(SyscallError) -> Bool {
    guard try MemoryMount.isMounted(directory) else { return false }
    return try Kernel.exists(path(id, name))
  }

  /// Makes or replaces a file: at any moment the old one or the new one is there, whole. The mount must be there.
  public func write(
    _ id: String, _ name: String, _ bytes: [UInt8], uid: UInt32, gid: UInt32, mode: UInt32
  ) throws(SyscallError) {
    guard try MemoryMount.isMounted(directory) else {
      throw SyscallError(errno: 2, operation: "statx", path: directory, detail: "the tmpfs for files is not mounted")
    }
    try Kernel.makeDirectories(directory.appending(id), mode: 0o700)
    let temporary = path(id, name + ".new")
    do {
      let file = try Kernel.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      try file.writeAll(bytes)
      try Kernel.changeOwner(at: file.raw, uid: uid, gid: gid)
      try Kernel.changeMode(file.raw, mode: mode)
    }
    try Kernel.rename(temporary, to: path(id, name))
  }

  /// Removes the files of a container; none is fine.
  public func remove(_ id: String) throws(TreeRemovalError) { try Kernel.removeTree(directory.appending(id)) }

  /// The containers that have files, sorted.
  public func ids() throws(SyscallError) -> [String] {
    guard try MemoryMount.isMounted(directory) else { return [] }
    return try Kernel.names(inDirectory: directory).filter { !$0.hasPrefix(".") }
  }

  /// Takes mount and directory away. Only while nobody has files there or can be making it.
  public func removeAll() throws(SyscallError) {
    try MemoryMount.unmount(directory)
    do {
      try Kernel.remove(directory, isDirectory: true)
    } catch {
      if error.errno != 2 { throw error }
    }
  }
}
