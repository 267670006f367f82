// `exec`: another process in a container that runs.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrJSON
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

enum Entering {
  static let forms: [String] = [
    "console-socket=", "cwd=", "env,e=", "tty,t", "user,u=",
    "additional-gids,g=", "process,p=", "detach,d", "pid-file=",
    "process-label=", "apparmor=", "no-new-privs", "cap,c=", "preserve-fds=",
    "cgroup=", "ignore-paused", "no-subreaper",
  ]

  /// What is entered, and what enters.
  private struct Arrival {
    var record: EntryRecord
    /// Its first process, where it is held already.
    var first: SharedFD?
    var terminal = false
    var consoleSize: OCIConsoleSize?
    var handsOutListener = false
    /// What options ask for that this host cannot give and need not.
    var warnings: [String] = []
    /// The config and the record of the container, where they were read.
    var known: (spec: RuntimeSpec, state: ContainerState)?
  }

  static func exec(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    guard let id = words.operands.first else { throw RuntimeFailure("needs a container id") }
    let directory = try context.root.directory(id)
    let quick = try quickEntry(words, directory)
    let entry = if let quick { quick } else { try entry(words, directory) }
    for warning in entry.warnings { context.log.warning(warning) }
    let isDetached = words.has("detach")
    if isDetached, entry.terminal, words.value("console-socket") == nil {
      throw RuntimeFailure("a terminal of a detached process needs --console-socket")
    }
    let first = entry.record.process
    let cgroup = try context.cgroup(entry.record)
    if let cgroup, !words.has("ignore-paused"), try Removal.isPaused(cgroup) {
      throw RuntimeFailure("cannot exec in a paused container")
    }
    let launch = try launch(entry, cgroup, words, context)
    let console = try words.value("console-socket").map { (path) throws(RuntimeFailure) in
      try attempt("connect to the console socket") { () throws(SyscallError) in
        SharedFD(try UnixSocket.connect(to: FilePath(path)))
      }
    }
    let signals = isDetached ? nil : try Foreground.signals()
    let launched: LaunchedProcess
    do throws(InitFailure) { launched = try LaunchedProcess.begin(launch, seal: context.seal) } catch {
      throw failure(error)
    }
    context.log.debug("\(id): process \(launched.pid) enters, beside \(first.pid)")
    let master: SharedFD?
    do throws(RuntimeFailure) {
      master = try follow(launched, console) { (listener) throws(RuntimeFailure) in
        guard let (spec, state) = entry.known else { return }
        try Starting.handOver(listener, spec, state, status: "running", pid: launched.pid)
      }
      if let file = words.value("pid-file") {
        try PIDFile.write(launched.pid, to: try RuntimeContext.absolute(file))
      }
    } catch {
      // What the caller is told has failed does not go on in the container.
      var told = error
      do throws(SyscallError) { try launched.end() } catch { told.description += "; also: \(error)" }
      throw told
    }
    guard let signals else { return 0 }
    return try Foreground(process: launched, master: master).wait(signals: signals)
  }

  /// Up to its program; answers the terminal that is ours to hold.
  private static func follow(
    _ process: LaunchedProcess, _ console: SharedFD?, _ handOver: (SharedFD) throws(RuntimeFailure) -> Void
  ) throws(RuntimeFailure) -> SharedFD? {
    var master: SharedFD?
    var isExecuting = false
    while let (message, descriptors) = try hear(process) {
      if message == .executing { isExecuting = true }
      if message == .listener, let listener = descriptors.first { try handOver(listener) }
      guard message == .terminal, let terminal = descriptors.first else { continue }
      if let console {
        do throws(SyscallError) {
          try Kernel.send(Array("/dev/ptmx".utf8), descriptors: [terminal.raw], to: console.raw)
        } catch {
          throw failure(InitFailure(stage: "hand over the terminal", error: error))
        }
      } else {
        master = terminal
      }
    }
    if !isExecuting {
      let end = try attempt("wait for the process") { () throws(SyscallError) in
        try Kernel.waitForExit(pidfd: process.pidfd.raw)
      }
      throw RuntimeFailure("the process died before its program was started (\(end.map { "\($0)" } ?? "unseen"))")
    }
    return master
  }

  private static func hear(
    _ process: LaunchedProcess
  ) throws(RuntimeFailure) -> (message: InitMessage, descriptors: [SharedFD])? {
    do throws(InitFailure) { return try process.hear() } catch { throw failure(error) }
  }

  /// As a shell: 127 for what is not there, 126 for what cannot be executed; 255 is runc's for everything else.
  private static func failure(_ failure: InitFailure) -> RuntimeFailure {
    var told = RuntimeFailure(failure)
    let isProgram = ["find the program", "look for the program", "execute the program"].contains(failure.stage)
    told.code = isProgram ? (failure.error.errno == 2 ? 127 : 126) : 255
    return told
  }

  /// By what an earlier command has kept, if that is all that this one asks for.
  private static func quickEntry(
    _ words: CommandWords, _ directory: StateDirectory
  ) throws(RuntimeFailure) -> Arrival? {
    guard EntryRecord.suffices(for: words), let (record, first) = try EntryRecord.read(directory) else { return nil }
    return try changed(Arrival(record: record, first: first), words)
  }

  private static func entry(_ words: CommandWords, _ directory: StateDirectory) throws(RuntimeFailure) -> Arrival {
    let state = try directory.loadExisting()
    let status = try state.status()
    guard status == "running" || status == "created", let first = state.process else {
      throw RuntimeFailure("cannot exec in a container that is \(status)")
    }
    let spec = try BundleReader(kept: directory, bundle: state.bundle, entering: true).spec
    let isCommon = EntryRecord.suffices(for: words)
    let process = isCommon ? spec.process : try process(words, spec)
    let translation = try ProcessTranslation(process, spec.linux)
    let asked = spec.linux.namespaces.reduce(NamespaceSet()) { $0.union(NamespaceSet($1.type)) }
    var entry = Arrival(record: try EntryRecord(state, first, asked: asked, plan: translation.plan))
    entry.known = (spec, state)
    entry.handsOutListener = translation.notifies
    if isCommon {
      if status == "running", !translation.notifies { entry.record.write(directory) }
      return try changed(entry, words)
    }
    (entry.terminal, entry.consoleSize) = (process.terminal, process.consoleSize)
    entry.warnings = translation.warnings
    return entry
  }

  /// The container's own process with what the options change.
  private static func changed(_ entry: Arrival, _ words: CommandWords) throws(RuntimeFailure) -> Arrival {
    var entry = entry
    var process = entry.record.plan.process
    process.args = Array(words.operands.dropFirst())
    if process.args.isEmpty { throw RuntimeFailure("needs a command, or --process") }
    try ExecOptions.apply(words, to: &process)
    entry.record.plan.process = try ExecOptions.detailed(process, words)
    entry.terminal = words.has("tty")
    return entry
  }

  /// From `--process`, or from the container's own process with what the options change.
  private static func process(_ words: CommandWords, _ spec: RuntimeSpec) throws(RuntimeFailure) -> OCIProcess {
    if let path = words.value("process") {
      let bytes = try attempt("read the process") { () throws(SyscallError) in
        path == "-" ? try Kernel.readAll(0) : try Kernel.contents(of: FilePath(path))
      }
      var process = try BundleReader.parse(bytes, shown: path) { (value) throws(JSONShapeError) in
        try SpecDecoder.process(value)
      }
      if process.cwd.isEmpty { process.cwd = "/" }
      return try ExecOptions.detailed(process, words)
    }
    var process = spec.process
    process.args = Array(words.operands.dropFirst())
    if process.args.isEmpty { throw RuntimeFailure("needs a command, or --process") }
    process.terminal = words.has("tty")
    process.consoleSize = nil
    try ExecOptions.apply(words, to: &process)
    return try ExecOptions.detailed(process, words)
  }

  private static func held(_ entry: Arrival) throws(SyscallError) -> SharedFD {
    if let first = entry.first { return first }
    guard let opened = try entry.record.process.openPidFD() else {
      throw SyscallError(errno: 3, operation: "pidfd_open")
    }
    return SharedFD(opened)
  }

  private static func launch(
    _ entry: Arrival, _ cgroup: Cgroup?, _ words: CommandWords, _ context: RuntimeContext
  ) throws(RuntimeFailure) -> Launch {
    var plan = InitPlan(process: entry.record.plan)
    let first = entry.record.process
    let (pidfd, foreign) = try attempt("find the container") { () throws(SyscallError) in
      // Others are joined whether they are foreign or not.
      return (
        try held(entry),
        try Kernel.foreignNamespaces(of: first.pid, among: entry.record.asked.intersection([.user, .time]))
      )
    }
    plan.inUserNamespace = foreign.contains(.user)
    var part = BundlePart()
    part.awaitsStart = false
    part.handsOutListener = entry.handsOutListener
    part.terminal = entry.terminal
    part.consoleSize = entry.consoleSize
    part.keepsNewlines = Foreground.keepsNewlines(console: words.value("console-socket"))
    part.initialProcessors = entry.record.affinity?.initial.flatMap { ProcessorList.bytes($0) }
    part.finalProcessors = entry.record.affinity?.final.flatMap { ProcessorList.bytes($0) }
    if let text = words.value("preserve-fds") {
      guard let count = Int(text), (0...1024).contains(count) else {
        throw RuntimeFailure("--preserve-fds must be a number of descriptors, not \(text)")
      }
      part.preservedDescriptors = Creation.preserved(count, context)
    }
    var launch = Launch(plan: plan, namespaces: [], bundle: part)
    launch.isCommand = true
    if foreign.contains(.user) {
      // With rights only over what belongs to the container: what it shares with us cannot be entered, and need not be.
      let all = try attempt("find the container") { () throws(SyscallError) in
        try Kernel.foreignNamespaces(of: first.pid)
      }
      let kinds: [NamespaceSet] = [.user, .pid, .network, .ipc, .uts, .cgroup, .time, .mount]
      launch.joins = kinds.filter(all.contains).map { (pidfd, $0) }
    } else {
      launch.joins = [(pidfd, .pid), (pidfd, [.network, .ipc, .uts, .cgroup, .mount])]
      if foreign.contains(.time) { launch.joins.append((pidfd, .time)) }
    }
    guard let cgroup else { return launch }
    let places = try places(words)
    var missing: FilePath?
    if places.isEmpty, context.isRoot {
      launch.cgroup = try attemptCgroup { () throws(CgroupError) in
        guard let opened = try cgroup.openBesideV1(making: false) else { return nil }
        return SharedFD(opened)
      }
    }
    for file in try attemptCgroup({ () throws(CgroupError) in try cgroup.entryFiles(places: places) }) {
      if launch.cgroup != nil, let unified = cgroup.mounts.unified, file.lies(below: unified) { continue }
      do throws(SyscallError) {
        launch.cgroupFiles.append(SharedFD(try Kernel.open(file, .writeOnly)))
      } catch {
        if error.errno != 2 { throw RuntimeFailure("enter the cgroup", error) }
        missing = missing ?? file
      }
    }
    // A place that is meant for all hierarchies may be in some of them; one for a controller has to be in its own.
    if let missing, launch.cgroupFiles.isEmpty || places.keys.contains(where: { !$0.isEmpty }) {
      let shown = missing.above.appending("cgroup.procs")
      throw RuntimeFailure("exec: adding pid to cgroups: open \(shown): no such file or directory")
    }
    return launch
  }

  /// `--cgroup PATH` and `--cgroup CONTROLLER[,CONTROLLER]:PATH`, below the container's own; by controller.
  private static func places(_ words: CommandWords) throws(RuntimeFailure) -> [String: String] {
    var places: [String: String] = [:]
    for text in words.values("cgroup") {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let path = parts[parts.count - 1]
      if path.split(separator: "/").contains("..") {
        throw RuntimeFailure("exec: \(path) is not a sub cgroup path: `..` components are not allowed")
      }
      for name in parts.count == 2 ? parts[0].split(separator: ",").map(String.init) : [""] { places[name] = path }
    }
    return places
  }
}
