// The steps that make the process the program: user, directory, limits, privileges, descriptors, execve.
internal import CContainrLinux
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension InitSteps {
  /// What a shell's search has without a PATH in the environment (Docker's).
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  static func lookUpUser(_ context: InitContext) throws(SyscallError) {
    let user = context.plan.process.process.user
    // Numbers alone need no file, and the specification knows no names.
    if context.bundle != nil, context.plan.process.process.env.contains(where: { $0.hasPrefix("HOME=") }) {
      (context.uid, context.gid, context.groups) = (user.uid, user.gid, user.additionalGids)
      return
    }
    let root = try context.rootDirectory()
    let passwd = try root.contents(of: "/etc/passwd", limit: UserLookup.limit)
    do throws(SecurityError) {
      let found = try resolve(user, passwd, context.bundle == nil ? try group(root) : nil)
      (context.uid, context.gid, context.groups, context.home) = (found.uid, found.gid, found.groups, found.home)
      // A bundle has exactly the groups that it names: its engine has looked them up.
      if context.bundle != nil { context.groups = user.additionalGids }
    } catch {
      throw SyscallError(errno: 0, operation: "look up", path: "/etc/passwd", detail: error.description)
    }
  }

  private static func resolve(
    _ user: OCIUser, _ passwd: [UInt8]?, _ group: [UInt8]?
  ) throws(SecurityError) -> ResolvedUser {
    try UserLookup.resolve(
      user.username ?? "\(user.uid):\(user.gid)", passwd: passwd, group: group,
      additional: user.additionalGids.map { String($0) } + user.additionalGroups)
  }

  private static func group(_ root: ContainerRoot) throws(SecurityError) -> [UInt8]? {
    do throws(SyscallError) {
      return try root.contents(of: "/etc/group", limit: UserLookup.limit)
    } catch {
      throw SecurityError(field: "user", value: "/etc/group", reason: error.description)
    }
  }

  static func makeEnvironment(_ context: InitContext) throws(SyscallError) {
    context.environment = context.plan.process.process.env
    if context.bundle != nil {
      // Of equal names the last counts; many programs would take the first.
      context.environment = lastOfEach(context.environment)
      if context.variable("HOME") == nil { context.environment.append("HOME=\(context.home)") }
      return
    }
    if context.variable("PATH") == nil { context.environment.append("PATH=\(defaultPath)") }
    if context.variable("HOME") == nil { context.environment.append("HOME=\(context.home)") }
    if context.variable("HOSTNAME") == nil, let name = context.plan.hostname {
      context.environment.append("HOSTNAME=\(name)")
    }
  }

  /// Each name where it stood first, with its last value.
  static func lastOfEach(_ entries: [String]) -> [String] {
    let names = entries.map { $0.prefix { $0 != "=" } }
    let sorted = names.sorted()
    if zip(sorted, sorted.dropFirst()).allSatisfy({ $0 != $1 }) { return entries }
    var places: [Substring: Int] = [:]
    var kept: [String] = []
    for (name, entry) in zip(names, entries) {
      if let place = places[name] {
        kept[place] = entry
      } else {
        places[name] = kept.count
        kept.append(entry)
      }
    }
    return kept
  }

  static func enterWorkingDirectory(_ context: InitContext) throws(SyscallError) {
    let path = context.plan.process.process.cwd
    guard path.hasPrefix("/") else {
      throw SyscallError(errno: 22, operation: "chdir", path: FilePath(path), detail: "not an absolute path")
    }
    // Docker makes a missing one for a container; a command is told.
    let root = try context.rootDirectory()
    let directory =
      context.isEntering ? try root.open(FilePath(path), [.path, .directory]) : try root.makeDirectory(FilePath(path))
    try check(cl_fchdir(directory.raw), "fchdir", FilePath(path))
  }

  static func setLimits(_ context: InitContext) throws(SyscallError) {
    if context.bundle != nil { return try Rlimit.apply(context.plan.process.process.rlimits) }
    try Rlimit.apply(
      Rlimit.withDefaults(context.plan.process.process.rlimits, hardNOFILE: try Rlimit.hard("NOFILE")))
  }

  static func setScheduling(_ context: InitContext) throws(SyscallError) {
    let process = context.plan.process.process
    if let priority = process.ioPriority {
      try check(
        cl_ioprio_set(priority.ioClass, priority.level), "ioprio_set",
        detail: "class \(priority.ioClass), level \(priority.level)")
    }
    if let scheduler = process.scheduler {
      try check(
        cl_sched_setattr(
          scheduler.policy, scheduler.flags, scheduler.nice, scheduler.priority, scheduler.runtime, scheduler.deadline,
          scheduler.period), "sched_setattr", detail: "policy \(scheduler.policy)")
    }
    if let policy = context.bundle?.memoryPolicy {
      let nodes = Array(policy.nodes.prefix(128))
      try check(
        cl_set_mempolicy(policy.mode, nodes, nodes.count * 8), "set_mempolicy", detail: "mode \(policy.mode)")
    }
    if let persona = context.plan.process.personality {
      try check(cl_personality(UInt(persona)), "personality", detail: "\(persona)")
    }
  }

  static func openStandard(_ context: InitContext) throws(SyscallError) {
    if let bundle = context.bundle { return try openCallers(bundle, context) }
    let process = context.plan.process.process
    if process.terminal {
      // Only a session's first process gets a terminal that controls it; so far it is in the shim's session.
      try check(cl_setsid(), "setsid")
      return try makeTerminal(process.consoleSize, context)
    }
    for (number, source) in context.standard.enumerated() {
      guard let source else {
        let null = try context.rootDirectory().open("/dev/null", number == 0 ? .readOnly : .writeOnly)
        try check(cl_dup3(null.raw, CInt(number), 0), "dup3")
        continue
      }
      try check(cl_dup3(source.raw, CInt(number), 0), "dup3")
      // Pipes of ours only: what the caller brought stays the caller's.
      if !context.isEntering {
        try Kernel.changeOwner(at: CInt(number), uid: context.uid, gid: context.gid)
      }
    }
  }

  static func installFilterWithPrivilege(_ context: InitContext) throws(SyscallError) {
    // Whatever fails from here on is told after it, and counts.
    if context.bundle != nil { try tell(context) }
    if !context.plan.process.process.noNewPrivileges { try installFilter(context) }
  }

  static func installFilterLast(_ context: InitContext) throws(SyscallError) {
    if context.plan.process.process.noNewPrivileges { try installFilter(context) }
  }

  static func installFilter(_ context: InitContext) throws(SyscallError) {
    let program = context.plan.process.seccomp
    if program.isEmpty || context.hasFilter { return }
    context.hasFilter = true
    let flags = context.plan.process.seccompFlags
    guard context.bundle?.handsOutListener == true else { return try SeccompFilter.install(program, flags: flags) }
    let listener = try SeccompFilter.installWithListener(program, flags: flags)
    try context.socket.send(InitMessage.listener.bytes, descriptors: [listener.raw])
  }

  static func limitBounding(_ context: InitContext) throws(SyscallError) {
    try Credentials.limitBounding(to: context.plan.process.process.capabilities)
  }

  static func becomeUser(_ context: InitContext) throws(SyscallError) {
    try ProcessReset.secureBits()
    try Credentials.become(uid: context.uid, gid: context.gid, groups: context.groups)
  }

  static func setCapabilities(_ context: InitContext) throws(SyscallError) {
    try Credentials.setCapabilities(context.plan.process.process.capabilities, uid: context.uid)
  }

  static func setNoNewPrivileges(_ context: InitContext) throws(SyscallError) {
    if context.plan.process.process.noNewPrivileges { try Credentials.setNoNewPrivileges() }
    ProcessReset.umask(context.plan.process.process.user.umask ?? 0o022)
  }

  static func checkWorkingDirectory(_ context: InitContext) throws(SyscallError) {
    if context.bundle == nil { try lookForWorkingDirectory(context) }
  }

  static func lookForWorkingDirectory(_ context: InitContext) throws(SyscallError) {
    var buffer = [CChar](repeating: 0, count: 4097)
    let length = try check(
      buffer.withUnsafeMutableBufferPointer { cl_getcwd($0.baseAddress!, $0.count) }, "getcwd",
      FilePath(context.plan.process.process.cwd))
    guard length > 1, buffer[0] == 0x2F else {
      throw SyscallError(
        errno: 1, operation: "getcwd", path: FilePath(context.plan.process.process.cwd), detail: "outside the root")
    }
  }

  static func findProgram(_ context: InitContext) throws(SyscallError) {
    if context.bundle == nil { try lookForProgram(context) }
  }

  static func lookForProgram(_ context: InitContext) throws(SyscallError) {
    guard let name = context.plan.process.process.args.first, !name.isEmpty else {
      throw SyscallError(errno: 22, operation: "execve", detail: "no command")
    }
    if name.contains("/") {
      try executable(name)
      context.program = name
      return
    }
    let path = context.variable("PATH") ?? defaultPath
    var refused: SyscallError?
    // An entry that is not absolute is not searched: it would depend on the working directory.
    for directory in path.split(separator: ":") where directory.hasPrefix("/") {
      do throws(SyscallError) {
        try executable("\(directory)/\(name)")
        context.program = "\(directory)/\(name)"
        return
      } catch {
        if error.errno != 2 && error.errno != 20 { refused = error }
      }
    }
    throw refused
      ?? SyscallError(errno: 2, operation: "execve", path: FilePath(name), detail: "not found in PATH \(path)")
  }

  private static func executable(_ path: String) throws(SyscallError) {
    try check(path.withCString { cl_faccessat(Kernel.currentDirectory, $0, 1, 0x200) }, "execve", FilePath(path))
    if try Kernel.status(of: FilePath(path)).isDirectory {
      throw SyscallError(errno: 13, operation: "execve", path: FilePath(path), detail: "a directory")
    }
  }

  static func tellHost(_ context: InitContext) throws(SyscallError) {
    if context.bundle == nil { try tell(context) }
  }

  private static func tell(_ context: InitContext) throws(SyscallError) {
    try context.socket.send(InitMessage.executing.bytes)
  }

  static func closeDescriptors(_ context: InitContext) throws(SyscallError) {
    if context.bundle != nil { return }
    // The small init is executed by its descriptor, which is CLOEXEC as the socket is.
    try closeAll(from: 3, but: [context.socket.fd.raw, context.ownProgram?.raw].compactMap { $0 })
  }

  static func execute(_ context: InitContext) throws(SyscallError) {
    let arguments = context.plan.process.process.args
    if let own = context.ownProgram {
      // Executed from its sealed mount (docs/decisions/0002-shim-binary.md): nothing of it is in the container's tree.
      let vector = [ReaperProcess.name, context.program] + arguments.dropFirst()
      let result = withCStrings(vector) { argv in
        withCStrings(context.environment) { envp in cl_execveat(own.raw, argv, envp) }
      }
      try check(result, "execveat", detail: "the small init")
    }
    let result = withCStrings(arguments) { argv in
      withCStrings(context.environment) { envp in context.program.withCString { cl_execve($0, argv, envp) } }
    }
    let detail: String? =
      switch result {
      case -2: "the file is there: its interpreter or dynamic loader is missing in the image"
      case -8: "not a program of this machine's architecture, and no #! line"
      default: nil
      }
    try check(result, "execve", FilePath(context.program), detail: detail)
  }
}
