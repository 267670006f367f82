// Making a container up to its program: what `create` and `run` have in common. Whatever fails takes away what was made.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrJSON
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

/// What is asked of `create`.
struct CreationOptions {
  var id: String
  var bundle = "."
  var config = "config.json"
  var consoleSocket: String?
  var pidFile: String?
  var noPivot = false
  var preservedDescriptors = 0
  var keepsKeyring = false
  /// `start` comes from another process.
  var startsLater = true
}

/// One container being made, or made.
final class Creation {
  let context: RuntimeContext
  let options: CreationOptions
  let reader: BundleReader
  let directory: StateDirectory
  private(set) var state: ContainerState
  private(set) var process: LaunchedProcess?
  /// The terminal's master, if it goes to nobody else.
  private(set) var master: SharedFD?
  private var plan: LaunchPlan
  private let mounts: CgroupMounts
  private var cgroup: Cgroup?
  private var lock: SharedFD?
  /// Whether the environment was there and its hooks ran, or were about to: then those of the end run as well.
  private var hasEnvironment = false
  /// Connected before anything is made: a socket that is not there is an error of the command.
  private let console: SharedFD?
  /// Whose program can tell that it is ready.
  private let isNotifying: Bool
  /// Connected like the console; nil if it is `start` that waits for the readiness.
  private let notified: SharedFD?
  private var readiness: SharedFD?

  init(_ context: RuntimeContext, _ options: CreationOptions) throws(RuntimeFailure) {
    self.context = context
    self.options = options
    directory = try context.root.directory(options.id)
    reader = try BundleReader(bundle: options.bundle, config: options.config)
    let spec = reader.spec
    mounts = try attempt("look for the cgroups") { () throws(SyscallError) in try CgroupMounts.detect() }
    let listener = try NotifySocket(context.environment)
    isNotifying = listener != nil
    plan = try LaunchPlan(
      isNotifying ? NotifySocket.added(to: spec, directory) : spec, bundle: reader.directory, layout: mounts.layout,
      noPivot: options.noPivot)
    plan.launch.bundle.preservedDescriptors = Self.preserved(options.preservedDescriptors, context)
    if let listening = context.environment["LISTEN_FDS"] {
      // Socket activation (sd_listen_fds(3)): the process is told that it is meant.
      plan.launch.plan.process.process.env += ["LISTEN_FDS=\(listening)", "LISTEN_PID=1"]
      if let names = context.environment["LISTEN_FDNAMES"] {
        plan.launch.plan.process.process.env.append("LISTEN_FDNAMES=\(names)")
      }
    }
    console = try Self.console(spec, options)
    notified = options.startsLater ? nil : try listener?.connect()
    let boot = try attempt("read the boot id") { () throws(SyscallError) in try Kernel.bootID() }
    state = ContainerState(
      id: options.id, bundle: reader.directory.string, ociVersion: spec.ociVersion, bootID: boot,
      created: Kernel.realTime(), owner: Kernel.effectiveUserID())
    state.annotations = spec.annotations
    if !context.withoutCgroup, mounts.layout == .v2 || !mounts.controllers.isEmpty {
      let chosen = spec.linux.cgroupsPath.map { String($0.drop { $0 == "/" }) }
      // One level: a parent of all of them would be made and removed with each that is alone.
      state.cgroupPath = chosen ?? "containr-runtime.\(options.id)"
      state.cgroupIsChosen = chosen != nil
      state.cgroupMounts = mounts.text
      cgroup = RuntimeContext.cgroup(mounts, state.cgroupPath ?? "", isChosen: state.cgroupIsChosen)
    }
    for warning in plan.warnings { context.log.warning(warning) }
  }

  /// `--preserve-fds`, and those of socket activation: of these numbers what the caller has left open. Ours close with
  /// execve, all of them.
  static func preserved(_ count: Int, _ context: RuntimeContext) -> [CInt] {
    let listening = context.environment["LISTEN_FDS"].flatMap { Int($0) } ?? 0
    return (3..<(3 + CInt(clamping: count + max(0, min(listening, 1024))))).filter { Kernel.staysOpen($0) }
  }

  private static func console(
    _ spec: RuntimeSpec, _ options: CreationOptions
  ) throws(RuntimeFailure) -> SharedFD? {
    guard let path = options.consoleSocket, !path.isEmpty else {
      if spec.process.terminal, options.startsLater {
        throw RuntimeFailure("process.terminal needs --console-socket: nobody else would hold the terminal")
      }
      return nil
    }
    if !spec.process.terminal { throw RuntimeFailure("--console-socket needs process.terminal in the config") }
    return try attempt("connect to the console socket") { () throws(SyscallError) in
      SharedFD(try UnixSocket.connect(to: FilePath(path)))
    }
  }

  /// Makes all of it.
  func create() throws(RuntimeFailure) {
    lock = try directory.create()
    do throws(RuntimeFailure) {
      try make()
    } catch {
      throw withdraw(error)
    }
  }

  private func make() throws(RuntimeFailure) {
    try lookAtCgroup()
    try directory.begin(state)
    if isNotifying {
      try directory.makeNotify(label: reader.spec.linux.mountLabel)
      if notified != nil { readiness = try directory.takeNotifications(label: reader.spec.linux.mountLabel) }
    }
    try prepare()
    try makeCgroupIfFirst()
    let process = try launch()
    self.process = process
    let identity = try attempt("look at the process") { () throws(SyscallError) in
      try ProcessIdentity.current(pid: process.pid)
    }
    state.process = identity
    context.log.debug(
      "\(options.id): process \(process.pid), bundle \(state.bundle), cgroup \(state.cgroupPath ?? "none")")
    if state.cgroupIsShared {
      state.mountNamespace = try attempt("look at the process") { () throws(SyscallError) in
        try Kernel.mountNamespace(of: process.pid)
      }
    }
    try directory.save(&state)
    // While the process is at work, and before anything of the container can run.
    try directory.keep(config: reader.bytes)
    let gifts = try makeCgroupForProcess()
    try followToCreated(process, gifts)
    state.hasCreated = true
    context.log.debug("\(options.id): created")
    // Of one that goes on at once the next record says both.
    if options.startsLater { try directory.save(&state) }
    if let file = options.pidFile { try writePIDFile(file, process.pid) }
  }

  private func prepare() throws(RuntimeFailure) {
    plan.launch.bundle.state = { [state] status, pid in state.specState(status: status, pid: pid).bytes() }
    plan.launch.bundle.keepsKeyring = options.keepsKeyring
    plan.launch.bundle.keepsNewlines = Foreground.keepsNewlines(console: options.consoleSocket)
    plan.launch.plan.cgroupComes = cgroup != nil && mounts.layout != .v2
    if options.startsLater {
      let gate = try attempt("make the socket for the start") { () throws(SyscallError) in
        // By descriptor: the whole path may be longer than a socket's address.
        let opened = try Kernel.open(directory.path, [.path, .directory])
        return SharedFD(
          try UnixSocket.listen(
            at: FilePath("/proc/self/fd/\(opened.raw)").pushing(StateDirectory.gate), kind: .packets))
      }
      plan.launch.bundle.gate = gate
    }
    for (path, kind) in zip(plan.joinPaths, plan.joinKinds) {
      let file = try attempt("join a namespace") { () throws(SyscallError) in
        let file = SharedFD(try Kernel.open(path))
        // NSFS_MAGIC. Of which kind it is the kernel looks at.
        if try Kernel.fileSystemType(file.raw) != 0x6E73_6673 {
          throw SyscallError(errno: 22, operation: "open", path: path, detail: "this is no namespace")
        }
        return file
      }
      plan.launch.joins.append((file, kind))
    }
    if plan.launch.bundle.cgroupTarget != nil, let cgroup {
      let directories = try attemptCgroup { () throws(CgroupError) in try cgroup.mountableDirectories() }
      plan.launch.bundle.cgroupMountNames = directories.map(\.name)
    } else {
      plan.launch.bundle.cgroupTarget = nil
    }
  }

  private func launch() throws(RuntimeFailure) -> LaunchedProcess {
    do throws(InitFailure) {
      return try LaunchedProcess.begin(plan.launch, seal: context.seal)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  // MARK: cgroup

  /// Who and what is in a place that config.json has chosen, before anything is done to it.
  private func lookAtCgroup() throws(RuntimeFailure) {
    guard state.cgroupIsChosen, let cgroup else { return }
    state.cgroupPlaces = try attemptCgroup { () throws(CgroupError) in try cgroup.places().map(\.string) }
    if state.cgroupPlaces.isEmpty { return }
    // As runc: somebody else's processes would be limited, and counted, with ours.
    let others = try attemptCgroup { () throws(CgroupError) in try cgroup.processes() }
    state.cgroupIsShared = !others.isEmpty
    if !others.isEmpty { context.log.warning("container's cgroup is not empty: \(others.count) process(es) found") }
    if try Removal.isPaused(cgroup) { throw RuntimeFailure("container's cgroup unexpectedly frozen") }
  }

  /// In a v2 tree a process is best born in its cgroup; beside v1 there is one as well.
  private func makeCgroupIfFirst() throws(RuntimeFailure) {
    guard let cgroup else { return }
    if mounts.layout != .v2 {
      if !context.isRoot { return }
      plan.launch.cgroup = try attemptCgroup { () throws(CgroupError) in
        guard let opened = try cgroup.openBesideV1(making: true) else { return nil }
        return SharedFD(opened)
      }
      return
    }
    guard try makeCgroup() else { return }
    plan.launch.cgroup = try attemptCgroup { () throws(CgroupError) in
      guard let opened = try cgroup.open() else { return nil }
      return SharedFD(opened)
    }
  }

  /// On v1 it is made while the process is at work, and entered later. Answers what goes along with `proceed`.
  private func makeCgroupForProcess() throws(RuntimeFailure) -> [SharedFD] {
    guard mounts.layout != .v2, let cgroup, try makeCgroup() else { return [] }
    var gifts = try attemptCgroup { () throws(CgroupError) in
      try cgroup.openSelfAttachFiles(withoutV2: plan.launch.cgroup != nil)
    }
    if plan.launch.bundle.cgroupTarget != nil {
      for entry in try attemptCgroup({ () throws(CgroupError) in try cgroup.mountableDirectories() }) {
        gifts.append(
          try attempt("mount the cgroup") { () throws(SyscallError) in
            SharedFD(try MountApplier.copy(of: entry.directory))
          })
      }
    }
    return gifts
  }

  /// Who is not root may have no place in the hierarchies; that matters only if limits are asked for.
  private func makeCgroup() throws(RuntimeFailure) -> Bool {
    guard let cgroup else { return false }
    var resources = plan.resources
    if !context.isRoot { resources.devices = [] }
    do throws(CgroupError) {
      try cgroup.create(resources)
      return true
    } catch {
      let wanted = reader.spec.linux.resources
      let isRefused = [1, 13, 30].contains(error.errno)
      if context.isRoot || !isRefused || OCIResources(limitsOf: wanted) != OCIResources() {
        throw RuntimeFailure(error)
      }
      self.cgroup = nil
      state.cgroupPath = nil
      return false
    }
  }

  // MARK: conversation

  private func followToCreated(_ process: LaunchedProcess, _ gifts: [SharedFD]) throws(RuntimeFailure) {
    let bundle = plan.launch.bundle
    let waitsForMounts = bundle.waitsBeforeRoot || !bundle.hooks.createContainer.isEmpty
    if !waitsForMounts { try proceed(process, gifts) }
    while true {
      guard let (message, descriptors) = try hear(process) else {
        throw RuntimeFailure("the container's first process died before it was created")
      }
      switch message {
      case .mounted:
        hasEnvironment = true
        let state = bundle.state("creating", process.pid)
        // The older kind belonged to the start, and its programs look for that (runtime-tools' hooks_stdin).
        try runHooks(bundle.hooks.prestart, "prestart", bundle.state("created", process.pid))
        try runHooks(bundle.hooks.createRuntime, "createRuntime", state)
        try proceed(process, gifts)
      case .terminal:
        guard let terminal = descriptors.first else { throw RuntimeFailure("the terminal did not come along") }
        if let console { try send(terminal, to: console) } else { master = terminal }
      case .created: return
      default: continue
      }
    }
  }

  private func proceed(_ process: LaunchedProcess, _ gifts: [SharedFD]) throws(RuntimeFailure) {
    try attempt("let the container go on") { () throws(SyscallError) in try process.proceed(gifts) }
  }

  private func hear(
    _ process: LaunchedProcess
  ) throws(RuntimeFailure) -> (message: InitMessage, descriptors: [SharedFD])? {
    do throws(InitFailure) { return try process.hear() } catch { throw RuntimeFailure(error) }
  }

  private func runHooks(_ hooks: [OCIHook], _ kind: String, _ state: [UInt8]) throws(RuntimeFailure) {
    do throws(HookError) {
      try HookRunner.run(hooks, kind, state: state)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  private func send(_ terminal: SharedFD, to console: SharedFD) throws(RuntimeFailure) {
    try attempt("hand over the terminal") { () throws(SyscallError) in
      try Kernel.send(Array("/dev/ptmx".utf8), descriptors: [terminal.raw], to: console.raw)
    }
  }

  private func writePIDFile(_ file: String, _ pid: Int32) throws(RuntimeFailure) {
    try PIDFile.write(pid, to: try RuntimeContext.absolute(file))
  }

  /// Starts the program of a container that was made by this very process.
  func start() throws(RuntimeFailure) {
    guard let process else { return }
    state.isStarted = true
    try directory.save(&state)
    do throws(RuntimeFailure) {
      try proceed(process, [])
      try Starting.follow(reader.spec, state, context) { () throws(RuntimeFailure) in try hear(process) }
    } catch {
      throw withdraw(error)
    }
    lock = nil
  }

  /// What passes its readiness on, after the start; nil if nobody asked for it.
  func relay(_ pid: NotifyRelay.MainProcess) throws(RuntimeFailure) -> NotifyRelay? {
    guard let readiness, let notified, let process else { return nil }
    self.readiness = nil
    return try NotifyRelay(
      from: readiness, to: notified, mainPID: pid == .container ? process.pid : Kernel.processID(), context.log)
  }

  /// What its end need not look for again.
  var known: Removal.Known { Removal.Known(spec: reader.spec, cgroup: cgroup) }

  /// The lock is the next command's.
  func release() { lock = nil }

  /// Takes away what was made. Goes on over failures and tells all of them.
  func withdraw(_ failure: RuntimeFailure) -> RuntimeFailure {
    var failure = failure
    func also(_ body: () throws(RuntimeFailure) -> Void) {
      do throws(RuntimeFailure) { try body() } catch { failure.description += "; also: \(error.description)" }
    }
    let members = cgroup.map { Members(cgroup: $0, state: state) }
    if let process {
      also { () throws(RuntimeFailure) in
        try attempt("end the process") { () throws(SyscallError) in try process.kill() }
        try members?.release(with: process.pid)
        try attempt("end the process") { () throws(SyscallError) in try process.end() }
      }
    }
    if let members {
      also { () throws(RuntimeFailure) in try members.clear(haveEnded: Removal.hasOwnPIDs(reader.spec)) }
    }
    also { () throws(RuntimeFailure) in try directory.remove() }
    if state.hasCreated || hasEnvironment { Removal.runPoststop(reader.spec.hooks.poststop, state, context) }
    return failure
  }
}

extension OCIResources {
  /// Without the device rules, which every config has.
  init(limitsOf resources: OCIResources) {
    self = resources
    devices = []
  }
}

/// A file with a pid.
enum PIDFile {
  /// Whole or not at all, since engines wait for it.
  static func write(_ pid: Int32, to path: FilePath) throws(RuntimeFailure) {
    try attempt("write the pid file") { () throws(SyscallError) in
      guard let name = path.lastComponent?.string else { throw SyscallError(errno: 21, operation: "open", path: path) }
      let temporary = path.above.appending(".\(name).new")
      try Kernel.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o644)
        .writeAll(Array(String(pid).utf8))
      try Kernel.rename(temporary, to: path)
    }
  }
}
