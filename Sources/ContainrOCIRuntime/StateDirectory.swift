// The directory of one container below the runtime's root: its record, the config that it was made of, the socket on
// which it waits for its start. Mode 0700; one lock a container.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

/// Where the records are.
struct StateRoot: Sendable {
  let path: FilePath

  /// What `id` may be: it becomes the name of a directory, of a cgroup, and of much else in engines.
  static func check(_ id: String) throws(RuntimeFailure) {
    let isPlain = id.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "_+-.".utf8.contains(byte)
    }
    if !isPlain {
      throw RuntimeFailure("invalid character in the container ID `\(id)`: letters, digits, and _ + - . only")
    }
    guard !id.isEmpty, id.utf8.count <= 1024, !id.hasPrefix(".") else {
      throw RuntimeFailure("invalid container ID `\(id)`: it may not be empty, nor begin with a dot")
    }
  }

  func directory(_ id: String) throws(RuntimeFailure) -> StateDirectory {
    try Self.check(id)
    return StateDirectory(path: path.appending(id), id: id)
  }

  /// The ids with a record or a beginning of one, sorted.
  func ids() throws(RuntimeFailure) -> [String] {
    do throws(SyscallError) {
      return try Kernel.names(inDirectory: path).filter { name in !name.hasPrefix(".") }
    } catch {
      if error.errno == 2 { return [] }
      throw RuntimeFailure("list the containers", error)
    }
  }
}

/// One container's directory.
struct StateDirectory: Sendable {
  let path: FilePath
  let id: String

  /// Made, launched, created, started: a record for each; one that comes after the last replaces it.
  private static let revisions = 4
  private func record(_ revision: Int) -> FilePath {
    path.appending(revision == 1 ? "state.json" : "state.\(revision).json")
  }
  var config: FilePath { path.appending("config.json") }
  static let gate: FilePath = "start"

  /// Makes it; whoever is second is told. Its lock is held by whoever has the answer.
  func create() throws(RuntimeFailure) -> SharedFD {
    let lock = try attempt("make the runtime's root") { () throws(SyscallError) in
      // What exists may have a mode of its own; what we make has not.
      try Kernel.makeDirectories(path.above, mode: 0o700)
    }
    _ = lock
    do throws(SyscallError) {
      try Kernel.makeDirectory(path, mode: 0o700)
    } catch {
      if error.errno == 17 { throw RuntimeFailure("container with given ID already exists: `\(id)`") }
      throw RuntimeFailure("make the state directory", error)
    }
    return try hold()
  }

  /// The lock, waited for.
  func hold() throws(RuntimeFailure) -> SharedFD {
    do throws(SyscallError) {
      let directory = SharedFD(try Kernel.open(path, [.readOnly, .directory]))
      try Kernel.lock(directory.raw, wait: true, path)
      // Whoever had it may have deleted the container.
      if try !Kernel.exists(path) { throw SyscallError(errno: 2, operation: "open") }
      return directory
    } catch {
      if error.errno == 2 || error.errno == 20 { throw RuntimeFailure.missing(id) }
      throw RuntimeFailure("lock the container", error)
    }
  }

  /// The record; nil if a killed `create` has not come to it.
  func load() throws(RuntimeFailure) -> ContainerState? {
    for revision in stride(from: Self.revisions, to: 0, by: -1) {
      if let bytes = try contents(revision) { return try parse(bytes, revision) }
    }
    let isThere = try attempt("look for the container") { () throws(SyscallError) in try Kernel.exists(path) }
    if !isThere { throw RuntimeFailure.missing(id) }
    return nil
  }

  private func contents(_ revision: Int) throws(RuntimeFailure) -> [UInt8]? {
    do throws(SyscallError) {
      return try Kernel.contents(of: record(revision))
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw RuntimeFailure("read the record", error)
    }
  }

  private func parse(_ bytes: [UInt8], _ revision: Int) throws(RuntimeFailure) -> ContainerState? {
    // Cut off between the making of the file and its one write, and nothing came after it.
    if bytes.isEmpty { return nil }
    do throws(JSONSyntaxError) {
      if var state = ContainerState(try JSONValue(bytes)) {
        state.revision = revision
        return state
      }
    } catch {
      throw RuntimeFailure("\(record(revision)): damaged: \(error.reason)")
    }
    throw RuntimeFailure("\(record(revision)): damaged")
  }

  /// A container that has been created at least in part.
  func loadExisting() throws(RuntimeFailure) -> ContainerState {
    if let state = try load() { return state }
    throw RuntimeFailure("container `\(id)` was never created whole: `delete --force` removes it")
  }

  /// The first record, in a directory that nobody knows yet.
  func begin(_ state: ContainerState) throws(RuntimeFailure) {
    try attempt("write the record") { () throws(SyscallError) in
      try Kernel.open(record(1), [.writeOnly, .create, .exclusive], mode: 0o600).writeAll(state.json.bytes())
    }
  }

  /// The next record. It gets a name of its own: a file system that is careful with replaced files (ext4) begins to write the
  /// new one out at once, which a container's start would wait for.
  func save(_ state: inout ContainerState) throws(RuntimeFailure) {
    state.revision = min(state.revision + 1, Self.revisions)
    let bytes = state.json.bytes()
    let record = record(state.revision)
    try attempt("write the record") { () throws(SyscallError) in try write(bytes, to: record) }
  }

  /// The config as it was at the creation.
  func keep(config bytes: [UInt8]) throws(RuntimeFailure) {
    try attempt("keep the config") { () throws(SyscallError) in try write(bytes, to: config) }
  }

  /// Under its name it is whole, wherever the writer is killed.
  private func write(_ bytes: [UInt8], to file: FilePath) throws(SyscallError) {
    let temporary = path.appending("new")
    try Kernel.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600).writeAll(bytes)
    try Kernel.rename(temporary, to: file)
  }

  /// Removes it; a missing one is no error.
  func remove() throws(RuntimeFailure) {
    do throws(TreeRemovalError) { try Kernel.removeTree(path) } catch {
      throw RuntimeFailure("remove the state directory: \(error)")
    }
  }
}
