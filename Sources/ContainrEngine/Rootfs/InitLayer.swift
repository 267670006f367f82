// The read-only layer on top of every image: real directories and files where the runtime mounts,
// so that a symlink of the image can never stand at /dev, /proc, /sys or the three files of /etc.
public import ContainrSystem
public import SystemPackage

/// Makes the layer, once a host; or what it holds, once a container.
public enum InitLayer {
  static let directories: [FilePath] = ["dev", "proc", "sys", "etc"]
  static let files: [FilePath] = ["etc/hosts", "etc/hostname", "etc/resolv.conf"]

  /// Makes the layer's directory unless it exists. Made beside it and renamed, so that it is whole or absent; whoever
  /// is second drops its own.
  public static func create(at path: FilePath) throws(SyscallError) {
    if try Kernel.exists(path) { return }
    try Kernel.makeDirectories(path.above, mode: 0o700)
    let unique = "\(Kernel.monotonicTime())-\(try Kernel.readLink("/proc/self"))"
    let building = FilePath("\(path).new-\(unique)")
    try Kernel.makeDirectory(building, mode: 0o755)
    for directory in directories { try Kernel.makeDirectory(building.pushing(directory), mode: 0o755) }
    for file in files {
      _ = try Kernel.open(building.pushing(file), [.writeOnly, .create, .exclusive], mode: 0o644)
    }
    do throws(SyscallError) {
      try Kernel.rename(building, to: path)
    } catch {
      for file in files { try Kernel.remove(building.pushing(file)) }
      for directory in directories { try Kernel.remove(building.pushing(directory), isDirectory: true) }
      try Kernel.remove(building, isDirectory: true)
      if error.errno != 39 && error.errno != 17 { throw error }  // ENOTEMPTY, EEXIST: somebody was faster
    }
  }

  /// The same with contents, in memory and detached: for a container that shares it with nobody.
  static func inMemory(_ layer: PassingLayer, label: String? = nil) throws(SyscallError) -> DetachedMount {
    let parameters = [MountParameter("mode", "755"), MountParameter("size", "1m")]
    let mount = try DetachedMount.filesystem(
      "tmpfs", parameters + DetachedMount.context(label, of: "tmpfs"), [.noSetuid, .noDevices])
    try fill(mount.fd.raw, layer.files)
    return mount
  }

  /// What it holds, into an empty directory.
  static func fill(_ directory: CInt, _ files: [ProvidedText]) throws(SyscallError) {
    for name in directories { try Kernel.makeDirectory(name, at: directory, mode: 0o755) }
    for file in files {
      try Kernel.open(FilePath(file.path), at: directory, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644)
        .writeAll(Array(file.text.utf8))
    }
  }

  /// Removes the layer and what a killed maker left beside it. Only while nobody can be making it.
  public static func remove(at path: FilePath) throws {
    let parent = path.above
    guard let name = path.lastComponent?.string, try Kernel.exists(parent) else { return }
    for other in try Kernel.names(inDirectory: parent) where other == name || other.hasPrefix("\(name).new-") {
      try Kernel.removeTree(parent.appending(other))
    }
  }
}
