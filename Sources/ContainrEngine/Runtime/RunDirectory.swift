// The files of one container below the run directory, and how they are read. Written by the shim and by `start`.
internal import ContainrInit
internal import ContainrSystem
internal import SystemPackage

/// `RUN/ID`.
struct RunDirectory: Sendable {
  let id: String
  let path: FilePath

  static let joinFile = FilePath(JoinRecord.fileName)
  /// The path of a cgroup that is not below ours, where nobody would look for it.
  static let foreignGroupFile: FilePath = "cgroup"
  static let logLimitsFile = FilePath(RunningLog.limitsFile)
  static let heldFile = FilePath(HeldEnd.fileName)

  init(_ runDirectory: FilePath, _ id: String) throws(RuntimeError) {
    // An id is a file name of ours: nothing that could lead elsewhere.
    let plain = id.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E
        || $0 == 0x5F
    }
    guard plain, !id.isEmpty, id.utf8.count <= 128, id.first != "." else {
      throw RuntimeError(
        container: id, stage: "check the id", message: "an id has 1 to 128 letters, digits, '_', '-' and '.'")
    }
    self.id = id
    path = runDirectory.appending(id)
  }

  func file(_ name: FilePath) -> FilePath { path.pushing(name) }

  var exists: Bool {
    get throws(RuntimeError) {
      try attempt("look for the run directory") { () throws(SyscallError) in try Kernel.exists(path) }
    }
  }

  /// The shim's record of the processes; nil before it is written, or if it is of another boot.
  func processes() throws(RuntimeError) -> ProcessRecord? {
    guard let text = try text(FilePath(ProcessRecord.fileName)) else { return nil }
    guard let record = ProcessRecord(text: text) else { throw damaged(ProcessRecord.fileName) }
    let boot = try attempt("read the boot id") { () throws(SyscallError) in try Kernel.bootID() }
    return record.bootID == boot ? record : nil
  }

  /// How it ended; nil while it runs or if nobody recorded it.
  func exit() throws(RuntimeError) -> ContainerExit? {
    guard let text = try text(FilePath(ExitRecord.fileName)) else { return nil }
    guard let record = ExitRecord(text: text) else { throw damaged(ExitRecord.fileName) }
    var exit = ContainerExit(status: record.status, time: record.time, outOfMemory: record.outOfMemory)
    exit.lostFiles = record.lostFiles
    return exit
  }

  /// What a command needs to enter.
  func joinRecord() throws(RuntimeError) -> JoinRecord {
    let bytes = try attempt("read the record") { () throws(SyscallError) in
      try Kernel.contents(of: file(Self.joinFile))
    }
    do throws(WireError) {
      var reader = WireReader(bytes)
      return try JoinRecord(from: &reader)
    } catch {
      throw RuntimeError(container: id, stage: "read the record", message: "\(file(Self.joinFile)): \(error)")
    }
  }

  /// Removes the directory and its files; a missing one is no error.
  func remove() throws(SyscallError) {
    do throws(SyscallError) {
      for name in try Kernel.names(inDirectory: path) { try Kernel.remove(file(FilePath(name))) }
      try Kernel.remove(path, isDirectory: true)
    } catch {
      if error.errno != 2 { throw error }
    }
  }

  /// Runs a kernel call; its error gets this container's name and the stage.
  func attempt<Value: ~Copyable>(
    _ stage: String, _ body: () throws(SyscallError) -> Value
  ) throws(RuntimeError) -> Value {
    do throws(SyscallError) {
      return try body()
    } catch {
      throw RuntimeError(container: id, stage: stage, error)
    }
  }

  private func text(_ name: FilePath) throws(RuntimeError) -> String? {
    try attempt("read the record") { () throws(SyscallError) in
      do throws(SyscallError) {
        return try Kernel.record(of: file(name))
      } catch {
        if error.errno == 2 { return nil }
        throw error
      }
    }
  }

  private func damaged(_ name: String) -> RuntimeError {
    RuntimeError(
      container: id, stage: "read the record",
      message: "\(file(FilePath(name))) is damaged; take the container down and up again")
  }
}
