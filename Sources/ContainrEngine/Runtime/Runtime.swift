// The container runtime as the engine sees it. Starts here and looks here; what a container does is in its own files.
// Every call may run on any thread, for different containers at once. Calls for one container are the caller's to order.
public import ContainrCgroups
internal import ContainrInit
internal import ContainrRootfs
public import ContainrSystem
public import SystemPackage

/// Starts, observes, stops and removes containers. A value: all state is in the run directory and in the kernel.
public struct Runtime: Sendable {
  let binary: ShimBinary
  let runDirectory: FilePath
  package let cgroups: CgroupMounts
  let initLayer: FilePath
  /// For tests of the way that the host's own root does not ask for.
  var forcedRootSwitch: RootSwitch?

  /// What the shim's program is called by where it keeps a supervisor there: that one's program and arguments follow.
  public static let keeper = SupervisorKeeper.name

  /// `runDirectory` holds a directory a container and must exist, mode 0700; `initLayer` is made by `createInitLayer`.
  public init(shim: FilePath, runDirectory: FilePath, cgroups: CgroupMounts, initLayer: FilePath) {
    binary = ShimBinary(path: shim)
    self.runDirectory = runDirectory
    self.cgroups = cgroups
    self.initLayer = initLayer
  }

  /// Begins with what every first shim of a process waits for, beside what the caller does meanwhile. Harmless when repeated.
  public func prepareShim() { binary.prepare() }

  /// Makes the read-only layer that stands on top of every image; once a host, harmless when repeated.
  public static func createInitLayer(at path: FilePath) throws(SyscallError) { try InitLayer.create(at: path) }

  /// Removes that layer with what interrupted makers left of theirs. Only while nobody can be making it.
  public static func removeInitLayer(at path: FilePath) throws { try InitLayer.remove(at: path) }

  /// The pid that a container's first process has or had in this boot; nil if none is recorded.
  public func firstProcess(of id: String) throws(RuntimeError) -> Int32? {
    let directory = try RunDirectory(runDirectory, id)
    return try directory.exists ? directory.processes()?.initial.pid : nil
  }

  /// The ids that have a run directory, sorted.
  public func list() throws(RuntimeError) -> [String] {
    do throws(SyscallError) {
      return try Kernel.names(inDirectory: runDirectory)
    } catch {
      if error.errno == 2 { return [] }
      throw RuntimeError(container: "*", stage: "list \(runDirectory)", error)
    }
  }

  /// What there is of a container now. One that has ended is running as long as the client of its `run` is waited for, who
  /// hears of the end before anybody else.
  public func observe(_ id: String) throws(RuntimeError) -> ContainerObservation {
    let directory = try RunDirectory(runDirectory, id)
    if try !directory.exists { return .absent }
    if let exit = try directory.exit() { return .exited(exit) }
    guard let record = try directory.processes() else {
      // A record of another boot: the container ran and ended with the machine.
      let hadProcesses = try directory.attempt("look for the record") { () throws(SyscallError) in
        try Kernel.exists(directory.file(FilePath(ProcessRecord.fileName)))
      }
      return hadProcesses ? .died : .incomplete
    }
    let (shimLives, initialLives) = try directory.attempt("look at the processes") { () throws(SyscallError) in
      (try record.shim.isAlive, try record.initial.isAlive)
    }
    if initialLives { return .running(initial: record.initial, shim: shimLives ? record.shim : nil) }
    if shimLives, try isHeld(record.shim, directory) { return .running(initial: record.initial, shim: record.shim) }
    if let exit = try directory.exit() { return .exited(exit) }
    return .died
  }

  /// Its end and the record of it are not one moment: the shim is given the time to write it. True at once where it does not,
  /// as it waits for the client of a `run`, who has to hear of the end first.
  private func isHeld(_ shim: ProcessIdentity, _ directory: RunDirectory) throws(RuntimeError) -> Bool {
    let deadline = Kernel.monotonicTime() + 5_000_000_000
    while Kernel.monotonicTime() < deadline {
      let isHeld = try directory.attempt("look whether the end is held") { () throws(SyscallError) in
        try Kernel.exists(directory.file(RunDirectory.heldFile))
      }
      if isHeld { return try directory.exit() == nil }
      // It may begin to wait while we do.
      if try waitForEnd(of: shim, in: directory, milliseconds: 50) { return false }
    }
    return false
  }

  /// Waits until the process has ended, reaping it if it is our child; false after `milliseconds` (-1: without end).
  func waitForEnd(
    of process: ProcessIdentity, in directory: RunDirectory, milliseconds: Int
  ) throws(RuntimeError) -> Bool {
    try directory.attempt("wait for process \(process.pid)") { () throws(SyscallError) in
      guard let pidfd = try process.openPidFD() else {
        try Self.reap(process)
        return true
      }
      let limit = Int32(clamping: milliseconds)
      guard try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: limit) else { return false }
      _ = try Kernel.waitForExit(pidfd: pidfd.raw)
      return true
    }
  }

  /// Takes away the zombie of a shim that this process started; nothing if it is somebody else's.
  private static func reap(_ process: ProcessIdentity) throws(SyscallError) {
    do throws(SyscallError) {
      if try ProcessIdentity.current(pid: process.pid) != process { return }
    } catch {
      if error.errno == 2 || error.errno == 3 { return }
      throw error
    }
    _ = try ChildProcess(pid: process.pid).wait()
  }
}
