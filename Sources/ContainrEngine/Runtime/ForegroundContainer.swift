// A container for as long as one command waits for it: the command is its parent, and nobody else ever looks for it. So
// there is no shim, no log, no run directory; what a killed command leaves is its cgroup, by which `clear` finds all.
public import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
public import ContainrSystem
internal import SystemPackage

/// A container in the foreground. One thread; its program file must be sealed (docs/decisions/0002-shim-binary.md).
public final class ForegroundContainer {
  /// The streams of its output.
  public enum Stream: Sendable { case stdout, stderr }

  private let id: String
  private let process: ForegroundProcess
  private let killCounter: SharedFD?
  /// What became of a server of its files, for which it was killed.
  public private(set) var loss: String?
  private var stdout: SharedFD?
  private var stderr: SharedFD?

  /// A container's first process before it is known what container that will be.
  public struct Beginning {
    fileprivate let process: ForegroundProcess?
    /// The hierarchies of this host, and later those of them in which groups may be made.
    public var cgroups: CgroupMounts
  }

  /// Begins one, so that the process makes what every container has while its config is worked out. Ends with the value,
  /// if nothing is made of it. On v2 it only begins with the config: a process is best born in its cgroup.
  public static func begin() throws(SyscallError) -> Beginning {
    let looksUnified = try Self.looksUnified()
    let process = looksUnified ? nil : try ForegroundProcess.begin(cgroup: nil)
    let cgroups = try CgroupMounts.detect()
    if cgroups.layout == .v2, let process {
      try process.end()
      return Beginning(process: nil, cgroups: cgroups)
    }
    return Beginning(process: process, cgroups: cgroups)
  }

  /// Whether the usual place of the hierarchies is a v2 tree; the mounts, which take longer to read, have the last word.
  private static func looksUnified() throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      let directory = try Kernel.open("/sys/fs/cgroup", .path)
      return try Kernel.fileSystemType(directory.raw) == 0x6367_7270  // CGROUP2_SUPER_MAGIC
    } catch {
      if error.errno == 2 { return false }
      throw error
    }
  }

  /// Makes it. `config.overlay.upper` goes with it; `logFile` is not written. On an error the cgroup may be left.
  public init(_ config: ContainerConfig, _ beginning: Beginning) throws(RuntimeError) {
    let cgroups = beginning.cgroups
    func attempt<Value>(
      _ stage: String, _ body: () throws(SyscallError) -> Value
    ) throws(RuntimeError) -> Value {
      do throws(SyscallError) { return try body() } catch {
        throw RuntimeError(container: config.id, stage: stage, error)
      }
    }
    try SecurityModules.require(config)
    let rootSwitch = try attempt("read the host's state") { () throws(SyscallError) in try RootSwitch.ofHost() }
    let groups = try attempt("read the host's state") { () throws(SyscallError) in try UserNamespace.ownGroups() }
    // Without an init layer it gets one of its own, with the files of /etc in it.
    let plan = try StartPlan(
      config, files: [], initLayer: nil, bootID: "", rootSwitch: rootSwitch, cgroups: cgroups, ownGroups: groups)
    guard plan.shim.namespaces == ForegroundProcess.namespaces, plan.shim.joins.isEmpty else {
      throw RuntimeError(
        container: config.id, stage: "plan the container", message: "in the foreground it has all namespaces of its own"
      )
    }
    var initial = plan.initial
    initial.ownNetwork = false  // for us: there is nothing to be made in it
    let cgroup = config.spec.linux.cgroupsPath.map { Cgroup(mounts: cgroups, path: $0) }
    if let begun = beginning.process {
      process = begun
      // Its mounts are its work, the cgroup is ours, at the same time.
      initial.cgroupComes = cgroup != nil
    } else {
      var directory: SharedFD?
      if let cgroup { directory = try Self.make(cgroup, config, Self.directory(of:)) }
      process = try attempt("make the container's first process") { () throws(SyscallError) in
        try ForegroundProcess.begin(cgroup: directory?.raw)
      }
    }
    do throws(RuntimeError) {
      let process = process
      try attempt("make the container's first process") { () throws(SyscallError) in try process.become(initial) }
      var files: [SharedFD] = []
      if let cgroup, initial.cgroupComes {
        files = try Self.make(cgroup, config) { (cgroup) throws(CgroupError) in try cgroup.openSelfAttachFiles() }
      }
      killCounter = try attempt("open the OOM counter") { () throws(SyscallError) in try cgroup?.killCounter() }
      try attempt("let the container go on") { () throws(SyscallError) in try process.proceed(cgroupFiles: files) }
    } catch {
      var failure = error
      do throws(SyscallError) { try process.end() } catch { failure.others.append(error.description) }
      throw failure
    }
    id = config.id
    let output = process.takeOutput()
    stdout = output?.stdout
    stderr = output?.stderr
  }

  private static func directory(of cgroup: Cgroup) throws(CgroupError) -> SharedFD? {
    guard let opened = try cgroup.open() else { return nil }
    return SharedFD(opened)
  }

  private static func make<Value>(
    _ cgroup: Cgroup, _ config: ContainerConfig, _ open: (Cgroup) throws(CgroupError) -> Value
  ) throws(RuntimeError) -> Value {
    do throws(CgroupError) {
      try cgroup.create(config.spec.linux.resources)
      return try open(cgroup)
    } catch {
      throw RuntimeError(container: config.id, stage: "make the cgroup", message: error.description)
    }
  }

  /// Passes its output on as it comes until it has ended, and the bytes on `signals` (a signal's number each) to its
  /// first process: the first as it is, further ones as SIGKILL, since it may ignore every signal but that. `deliver`
  /// answers false when nobody reads a stream any more: the container then finds its pipe closed. `built` is called
  /// once its mounts are made, unless it has ended first.
  public func follow(
    signals: CInt, built: () throws(SyscallError) -> Void, deliver: (Stream, [UInt8]) throws(SyscallError) -> Bool
  ) throws(RuntimeError) -> ContainerExit {
    let (end, failure) = try attempt("wait for the end") { () throws(SyscallError) in
      try watch(signals, built, deliver)
      try drain(deliver)
      try process.endServers()
      return (try Kernel.waitForExit(pidfd: process.pidfd.raw), try process.failure())
    }
    let time = Kernel.realTime()
    if let failure { throw RuntimeError(container: id, stage: failure.stage, failure.error) }
    guard let end else {
      throw RuntimeError(container: id, stage: "wait for the end", message: "somebody else has waited for it")
    }
    let outOfMemory = try attempt("read the OOM counter") { () throws(SyscallError) in
      if let killCounter { return try KillCounter.hasCounted(killCounter) }
      return false
    }
    return ContainerExit(status: end, time: time, outOfMemory: outOfMemory)
  }

  private func attempt<Value>(
    _ stage: String, _ body: () throws(SyscallError) -> Value
  ) throws(RuntimeError) -> Value {
    do throws(SyscallError) { return try body() } catch { throw RuntimeError(container: id, stage: stage, error) }
  }

  /// Takes its cgroup away, and kills what is left of it unless it `hasEnded` and its pid namespace with it; harmless
  /// when repeated, or when there never was one.
  public static func clear(
    _ id: String, cgroupPath: String, cgroups: CgroupMounts, hasEnded: Bool = false
  ) throws(RuntimeError) {
    let cgroup = Cgroup(mounts: cgroups, path: cgroupPath)
    do throws(CgroupError) {
      if !hasEnded { try cgroup.kill() }
      try cgroup.remove()
    } catch {
      throw RuntimeError(container: id, stage: "remove the cgroup", message: error.description)
    }
  }
}

extension ForegroundContainer {
  private enum Token {
    static let end: UInt64 = 0
    static let stdout: UInt64 = 1
    static let stderr: UInt64 = 2
    static let signals: UInt64 = 3
    static let news: UInt64 = 4
    static let servers: UInt64 = 16
  }

  /// Nanoseconds after SIGKILL until the servers of its files are killed as well, as with a container of a stack.
  private static let release: UInt64 = 5_000_000_000

  private func watch(
    _ signals: CInt, _ built: () throws(SyscallError) -> Void,
    _ deliver: (Stream, [UInt8]) throws(SyscallError) -> Bool
  ) throws(SyscallError) {
    let events = try EventPoll()
    try events.add(process.pidfd.raw, token: Token.end)
    try events.add(signals, token: Token.signals)
    try events.add(process.news, token: Token.news)
    if let stdout { try events.add(stdout.raw, token: Token.stdout) }
    if let stderr { try events.add(stderr.raw, token: Token.stderr) }
    for (index, end) in process.serverEnds.enumerated() { try events.add(end, token: Token.servers + UInt64(index)) }
    var wasAsked = false
    // When it was killed, until its servers are.
    var killed: UInt64?
    var buffer = [UInt8](repeating: 0, count: 64)
    while true {
      let ready = try events.wait(milliseconds: killed == nil ? -1 : 500)
      if let time = killed, Kernel.monotonicTime() > time + Self.release {
        try process.killServers()
        killed = nil
      }
      for event in ready {
        switch event.token {
        case Token.end: return
        case Token.signals:
          let count = try Kernel.read(signals, into: &buffer)
          try process.send(signal: wasAsked ? 9 : Int32(buffer[max(0, count - 1)]))
          if wasAsked, killed == nil { killed = Kernel.monotonicTime() }
          wasAsked = true
        case Token.news:
          let progress = try process.progress()
          if progress != .building { try events.remove(process.news) }
          if progress == .executing { try built() }
        case Token.servers...:
          let index = Int(event.token - Token.servers)
          try events.remove(process.serverEnds[index])
          guard let loss = try process.loss(ofServer: index) else { return }
          self.loss = loss
          try process.send(signal: 9)
        case Token.stdout: try pass(&stdout, .stdout, deliver, events)
        default: try pass(&stderr, .stderr, deliver, events)
        }
      }
    }
  }

  /// One read; a stream that has ended, or that nobody reads, is closed.
  private func pass(
    _ pipe: inout SharedFD?, _ stream: Stream, _ deliver: (Stream, [UInt8]) throws(SyscallError) -> Bool,
    _ events: borrowing EventPoll
  ) throws(SyscallError) {
    guard let open = pipe else { return }
    guard let bytes = try Kernel.readReady(open.raw) else { return }
    if !bytes.isEmpty, try deliver(stream, bytes) { return }
    try events.remove(open.raw)
    pipe = nil
  }

  /// What was written before the end is still in the pipes; everybody who could write more is dead.
  private func drain(_ deliver: (Stream, [UInt8]) throws(SyscallError) -> Bool) throws(SyscallError) {
    try drain(stdout, .stdout, deliver)
    try drain(stderr, .stderr, deliver)
  }

  private func drain(
    _ pipe: SharedFD?, _ stream: Stream, _ deliver: (Stream, [UInt8]) throws(SyscallError) -> Bool
  ) throws(SyscallError) {
    guard let pipe else { return }
    while let bytes = try Kernel.readReady(pipe.raw), !bytes.isEmpty, try deliver(stream, bytes) {}
  }
}
