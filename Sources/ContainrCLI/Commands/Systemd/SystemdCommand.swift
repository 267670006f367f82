// `containr systemd`: a stack that is there again after every boot, by systemd's hand.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrRootless
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct SystemdCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "systemd", abstract: "Has systemd bring a stack up at boot, by a unit of its own.",
    subcommands: [SystemdInstallCommand.self, SystemdUninstallCommand.self, SystemdPrintCommand.self])
}

/// What makes a unit.
struct UnitOptions: ParsableArguments {
  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Option(help: ArgumentHelp("How long systemd waits for the services to be ready.", valueName: "seconds"))
  var waitTimeout = 300

  func validate() throws {
    if !(0...1_000_000).contains(waitTimeout) {
      throw ValidationError("--wait-timeout takes a number of seconds from 0 to 1000000")
    }
    if file == "-" || stack.files.contains("-") {
      throw ValidationError("systemd reads the stack file at each boot: it has to be a file")
    }
  }

  /// The unit of the stack that is meant; findings of its file are shown, and errors end the command.
  func unit(_ context: CommandContext, isUsers: Bool) throws -> SystemdUnit {
    var choice = stack.choice(file)
    choice.usesLock = false
    let plan = try choice.plan(context).plan
    let settings = try choice.settings(context)
    let surroundings = context.surroundings
    let files = settings.source?.files ?? []
    let directory = settings.source?.directory ?? surroundings.workingDirectory
    // All that depends on where and by whom the command was given is written out.
    var naming = files.flatMap { ["-f", $0.path(in: directory).string] }
    naming += ["--project-directory", directory.string, "--project-name", plan.name]
    naming += settings.profiles.flatMap { ["--profile", $0] }
    naming += stack.naming.envFiles.flatMap { ["--env-file", surroundings.absolute($0).string] }
    let state =
      try isUsers ? RootlessEntry.stateDirectory(context) : surroundings.hostSettings().stateDirectory
    var others = ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE"]
    // A user's manager has what the user's shell has set only if somebody has told it.
    if isUsers { others += ["XDG_DATA_HOME"] }
    let own = surroundings.environment.filter { name, value in
      (name.hasPrefix("CONTAINR_") || others.contains(name)) && !value.isEmpty
    }
    return SystemdUnit(
      stack: plan.name, up: try Self.program("containr-up", surroundings).string,
      containr: try Self.program("containr", surroundings).string, naming: naming,
      needs: [directory.string, state.string],
      environment: own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, waitTimeout: waitTimeout,
      isUsers: isUsers)
  }

  /// One of the programs that people call, beside ours or where `make install` puts it.
  private static func program(_ name: String, _ surroundings: Surroundings) throws -> FilePath {
    let place = surroundings.executable.removingLastComponent()
    let candidates = [
      place.appending(name), place.removingLastComponent().removingLastComponent().appending("bin").appending(name),
    ]
    for candidate in candidates where try Kernel.exists(candidate) { return candidate }
    throw CommandExit(
      .failure, "\(name) is not installed",
      notes: ["looked for \(candidates.map(\.string).joined(separator: " and "))"], help: "make install puts it there")
  }
}

/// Where units are, and who is told of them.
struct UnitPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only write files, below this directory, for a system that is not the one that runs.", valueName: "directory"),
    completion: .directory) var root: String?
  @Flag(
    help: "A unit of your own, of systemd's manager of your user: begun when you log in, or at boot with lingering.")
  var user = false

  /// Where the file is.
  func path(_ name: String, _ context: CommandContext) throws -> FilePath {
    let top = root.map { context.surroundings.absolute($0).string } ?? ""
    guard user else { return FilePath("\(top)/etc/systemd/system/\(name)") }
    // systemd.unit(5), "User Unit Search Path".
    let surroundings = context.surroundings
    let home = surroundings.variable("HOME").map { "\($0)/.config" }
    guard let config = surroundings.variable("XDG_CONFIG_HOME") ?? home, config.hasPrefix("/") else {
      throw CommandExit(
        .refused, "there is no place for units of uid \(surroundings.uid): HOME is not set", help: "set HOME")
    }
    return FilePath("\(top)\(config)/systemd/user/\(name)")
  }

  /// The link by which it is begun at boot.
  func link(_ name: String, _ context: CommandContext) throws -> FilePath {
    try path("\(user ? "default" : "multi-user").target.wants/\(name)", context)
  }

  /// Ends the command where there is no systemd to tell.
  func require(_ program: String, _ context: CommandContext) throws {
    if user, context.surroundings.uid == 0 {
      throw CommandExit(
        .refused, "root's containers are the system's, and so is their unit", help: "leave --user away")
    }
    if root != nil { return }
    if !user, context.surroundings.uid != 0 {
      throw CommandExit(
        .refused, "\(program) writes units of the system, which takes root",
        help: "\(program) --user … makes one of your own; sudo \(program) … one of root's stack")
    }
    // sd_booted(3).
    if try Kernel.exists("/run/systemd/system") { return }
    throw CommandExit(
      .refused, "this system was not booted by systemd",
      help:
        "--root DIRECTORY writes the unit for another system; without systemd, 'containr systemd print' shows the command that brings the stack up at boot (ExecStart)"
    )
  }

  /// systemctl(1); its words go to standard error.
  func tell(_ words: [String], _ context: CommandContext) throws {
    if root != nil { return }
    guard let program = try HostProgram.find("systemctl", context.surroundings) else {
      throw CommandExit(.failure, "systemctl is not installed")
    }
    let null = try Kernel.open("/dev/null", [.readOnly])
    let environment = context.surroundings.environment.map { "\($0.key)=\($0.value)" }
    let child = try ChildProcess.spawn(
      program, arguments: ["systemctl"] + (user ? ["--user"] : []) + words, environment: environment,
      descriptors: [null.raw, context.errors.descriptor, context.errors.descriptor])
    let status = try child.wait()
    if status != .exited(0) {
      throw CommandExit(
        .failure, "systemctl \(words.joined(separator: " ")) ended with \(status.map { "\($0.code)" } ?? "nothing")")
    }
  }

  /// Says what a unit of a user's lacks: without lingering the user's manager lives as long as a login.
  func tellOfLingering(_ context: CommandContext) throws {
    guard user else { return }
    let uid = context.surroundings.uid
    let name = RootlessIDs.name(of: uid, passwd: try Kernel.text(of: "/etc/passwd")) ?? String(uid)
    // logind's, loginctl(1).
    let mark = "\(root.map { context.surroundings.absolute($0).string } ?? "")/var/lib/systemd/linger/\(name)"
    if try Kernel.exists(FilePath(mark)) { return }
    context.warn(
      "it is begun when you log in and stopped when you have logged out; with 'loginctl enable-linger \(name)' it is up from "
        + "boot to shutdown")
  }

  /// The text of a unit that is there; one that is not ours ends the command.
  func own(_ path: FilePath) throws -> String? {
    guard try Kernel.exists(path) else { return nil }
    let text = try Kernel.text(of: path)
    if text.hasPrefix(SystemdUnit.mark) { return text }
    throw CommandExit(
      .refused, "\(path) was not made by containr systemd install", help: "move it away, or give the stack another name"
    )
  }
}

struct SystemdPrintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print", abstract: "Prints the unit that install would write. Needs no root.")
  @OptionGroup var options: UnitOptions
  @Flag(help: "That of an ordinary user.") var user = false

  func run() throws {
    let context = try CommandContext()
    context.output.write(try options.unit(context, isUsers: user).text)
  }
}

struct SystemdInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Writes the unit of a stack and enables it: systemd brings it up at boot.",
    discussion:
      "A unit of an earlier install is replaced. systemctl start, stop, reload and status then work as with any service."
  )
  @OptionGroup var options: UnitOptions
  @OptionGroup var place: UnitPlace
  @Flag(help: "Bring it up now as well.") var now = false

  func validate() throws {
    if now, place.root != nil { throw ValidationError("--now is about the system that runs, and --root about another") }
  }

  func run() throws {
    let context = try CommandContext()
    try place.require("containr systemd install", context)
    let unit = try options.unit(context, isUsers: place.user)
    let path = try place.path(unit.name, context)
    let old = try place.own(path)
    let link = try place.link(unit.name, context)
    do throws(SyscallError) {
      _ = try Kernel.makeDirectories(path.removingLastComponent())
      if old != unit.text { try FileReplacement.write(unit.text, to: path) }
      try Kernel.changeMode(of: path, mode: 0o644)
      if place.root != nil {
        _ = try Kernel.makeDirectories(link.removingLastComponent())
        if try !Kernel.exists(link) { try Kernel.makeSymlink(link, to: "../\(unit.name)") }
      }
    } catch {
      throw CommandExit(.failure, "\(error.path?.string ?? path.string) cannot be written: \(error.reason)")
    }
    try place.tell(["daemon-reload"], context)
    try place.tell(["enable"] + (now ? ["--now"] : []) + [unit.name], context)
    context.output.write("\(path)\n")
    try place.tellOfLingering(context)
  }
}

struct SystemdUninstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall", abstract: "Takes the unit of a stack away; the stack stays as it is.")
  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @OptionGroup var place: UnitPlace
  @Flag(help: "Stop the stack as well.") var now = false

  func validate() throws {
    if now, place.root != nil { throw ValidationError("--now is about the system that runs, and --root about another") }
  }

  func run() throws {
    let context = try CommandContext()
    try place.require("containr systemd uninstall", context)
    // With a name alone the file may be gone.
    let choice = stack.choice(file)
    let name = try choice.projectName ?? choice.plan(context).plan.name
    let unit = "containr-\(name).service"
    let path = try place.path(unit, context)
    guard try place.own(path) != nil else {
      throw CommandExit(.failure, "there is no unit of the stack \(name)", notes: ["looked for \(path)"])
    }
    // Stopped first: without its unit systemd does not know how.
    if now { try place.tell(["stop", unit], context) }
    try place.tell(["disable", unit], context)
    let link = try place.link(unit, context)
    do throws(SyscallError) {
      if place.root != nil, try Kernel.exists(link) { try Kernel.remove(link) }
      try Kernel.remove(path)
    } catch {
      throw CommandExit(.failure, "\(error.path?.string ?? path.string) cannot be removed: \(error.reason)")
    }
    try place.tell(["daemon-reload"], context)
    context.output.write("\(path) removed\n")
  }
}
