// One test from its beginning to its end: look, pull, up, command, collect, down, tell. Each step that changes something is a
// program of its own, so that a signal can end it at any moment; what it leaves half done, down takes away.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

final class TestRun {
  private let options: TestCommand
  private let context: CommandContext
  private let engine: StackEngine
  private let service: CIService
  private let begin = Kernel.monotonicTime()
  private let samples: TestSamples
  private let conductor: TestConductor
  private let steps: TestSteps
  private var artifacts: TestArtifacts
  private var stack: LoadedStack
  private var record: TestRecord

  private var surroundings: Surroundings { context.surroundings }
  private var reading: TestReading { TestReading(engine: engine, context: context, stack: stack.plan) }

  /// Reads the file and finds a name. Throws what keeps the test from beginning; nothing is touched then.
  init(_ options: TestCommand) throws {
    self.options = options
    // Before there is a thread that a signal could reach.
    conductor = try TestConductor()
    context = try CommandContext(noColour: options.noColor)
    service = CIService(context.surroundings)
    steps = TestSteps(context: context, service: service)
    engine = try context.engine()
    let named = options.stack.naming.projectName
    let first = try options.choice(named).plan(context) { [steps] in steps.annotate($0) }
    let random = UInt32.random(in: 0...UInt32.max)
    let name =
      named ?? TestName.of(first.plan.name, job: service.job(context.surroundings), random: random)
    // What was found was told.
    stack = named == nil ? try options.choice(name).plan(context, isQuiet: true) : first
    if let service = options.service, !stack.plan.services.contains(where: { $0.name == service }) {
      throw UnknownService.exit(
        service, stack.plan.services.map(\.name), .refused,
        stack.plan.inactiveServices.contains(service)
          ? "the service \(service) is part of no active profile" : "there is no service \(service) in the file")
    }
    artifacts = try TestArtifacts(options.artifacts, context)
    record = TestRecord(
      stack: name, base: first.plan.name, file: first.named, service: options.service, command: options.command,
      began: Kernel.realTime() / 1_000_000_000)
    record.services = stack.plan.services.filter { $0.replicas > 0 && !Self.isTheTest($0.name, options) }.map {
      service in
      TestRecord.Service(name: service.name, place: TestRecord.Place("\(service.location)"))
    }
    samples = TestSamples(engine, stack: name)
    conductor.tick = { [samples] in samples.take() }
  }

  /// The service whose own command is the test does not run beside it.
  private static func isTheTest(_ name: String, _ options: TestCommand) -> Bool {
    options.command.isEmpty && name == options.service
  }

  /// Always throws: the end of the command.
  func run() throws -> Never {
    var mayBeThere = false
    do {
      try look()
      mayBeThere = true
      try pull()
      try bringUp()
      try runCommand()
    } catch let stop as TestStop {
      (record.end, record.message) = (stop.end, stop.message)
      record.faults += stop.notes
    } catch let exit as CommandExit {
      (record.end, record.message) = (TestEnd(exit), exit.message)
      record.faults += exit.notes
    } catch {
      (record.end, record.message) = (.failure, "\(error)")
    }
    if mayBeThere {
      collect()
      tearDown()
    }
    record.seconds = seconds(since: begin)
    report()
    throw ending()
  }

  private func ending() -> CommandExit {
    if let message = record.message {
      var exit = CommandExit(passing: record.code, message)
      exit.notes = record.faults
      return exit
    }
    if let code = record.commandCode, code != record.code {
      return CommandExit(
        passing: record.code,
        "the command ended with \(code), which is one of containr test's own codes: \(record.code) is passed on")
    }
    for fault in record.faults { context.warn(fault) }
    return CommandExit(passing: record.code)
  }

  // MARK: steps

  private func phase<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let start = Kernel.monotonicTime()
    defer { record.phases.append(TestRecord.Phase(name: name, seconds: seconds(since: start))) }
    return try body()
  }

  private func seconds(since start: UInt64) -> Double { Double(Kernel.monotonicTime() - start) / 1e9 }

  /// Plan and preflight; touches nothing of the host.
  private func look() throws {
    try phase("plan") {
      let name = record.stack
      let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
      if let other = known.first(where: { $0.name == name }) {
        throw TestStop(
          end: .refused, message: "there is a stack \(name) already, from \(other.file): a test needs one of its own")
      }
      context.errors.write("stack \(name)\n")
      let plan = stack.plan
      let changeset = try context.attempt { () throws(EngineError) in try engine.plan(plan, stackName: name) }
      artifacts.write("plan.json", changeset.json)
      let application = Application(
        context: context, engine: engine, stack: stack, changeset: changeset, report: context.errors,
        reportInk: context.errorInk)
      let problems = try application.problems()
      if problems.isEmpty { return }
      let findings = ProblemView.diagnostics(problems, sources: stack.sources)
      application.show(findings)
      steps.annotate(findings)
      throw TestStop(end: .refused, message: nil, notes: problems.map(\.message))
    }
  }

  private func pull() throws {
    if options.pull == .never || stack.plan.services.allSatisfy({ $0.images.isEmpty }) { return }
    let end = try step(
      "pull",
      ["pull"] + options.words(record.stack) + ["--attempts", "\(options.pullAttempts)"]
        + ["--policy", options.pull == .always ? "always" : "missing"])
    if end != 0 { throw TestStop(end: .notPulled, message: "not all images could be fetched") }
  }

  private func bringUp() throws {
    // Alone, what the test needs is brought up with it.
    let services = record.services.map(\.name)
    if services.isEmpty { return }
    let all = stack.plan.services.filter { $0.replicas > 0 }.map(\.name)
    var words = ["up", "--wait", "--on-failure", "keep", "-y", "--outcome", artifacts.outcome.string]
    words += options.words(record.stack) + ["--wait-timeout", "\(options.waitTimeout)"]
    if let page = artifacts.path("up.html") { words += ["--report", page.string] }
    if options.freePorts { words.append("--free-ports") }
    if options.frozen { words.append("--frozen") }
    // What was to be fetched was.
    if let pull = options.pull { words += ["--pull", pull == .always ? "missing" : pull.rawValue] }
    if services.count != all.count { words += services }
    let start = Kernel.realTime()
    let code = try step("up", words)
    samples.take()
    let outcome = try UpOutcome(
      try Kernel.exists(artifacts.outcome) ? try Kernel.contents(of: artifacts.outcome, limit: 64 << 20) : nil)
    record.services = try reading.services(record.services, since: start, outcome: outcome, isUp: code == 0)
    if code == 0 { return }
    let unwell = record.services.filter { $0.state == .failed }.map(\.name)
    let names = unwell.isEmpty ? "" : ": \(unwell.joined(separator: ", "))"
    switch code {
    case ExitCode.unhealthy.rawValue:
      throw TestStop(end: .notReady, message: "the stack is up, but not all of it is ready\(names)")
    case ExitCode.refused.rawValue:
      throw TestStop(end: .refused, message: "the host does not allow the stack")
    default:
      // A dependency that did not become ready keeps the others from starting.
      let waited = outcome.hasWaited
      throw TestStop(end: waited ? .notReady : .notStarted, message: "the stack did not come up\(names)")
    }
  }

  /// A step of ours; its exit code. What it says goes to standard error: standard output is the command's.
  private func step(_ name: String, _ words: [String]) throws -> Int32 {
    if try conductor.hasHeard() { throw interruption() }
    return try phase(name) {
      let marks = steps.begin(name)
      defer { steps.end(marks) }
      let null = try Kernel.open("/dev/null", [.readOnly])
      let end = try conductor.run(
        engine.settings.program, ["containr"] + words, environment: environment([]),
        descriptors: [null.raw, context.errors.descriptor, context.errors.descriptor], role: .step)
      if end.interrupted { throw interruption() }
      return end.status?.code ?? -1
    }
  }

  private func interruption() -> TestStop {
    TestStop(end: .interrupted, message: "ended by \(StackEngine.signalName(conductor.heard.first ?? 15))")
  }

  // MARK: the command

  private func runCommand() throws {
    if try conductor.hasHeard() { throw interruption() }
    let start = Kernel.monotonicTime()
    let since = Kernel.realTime()
    defer { record.commandSeconds = seconds(since: start) }
    try phase("command") {
      let end = try options.service == nil ? runHere() : runInside()
      samples.take()
      if end.interrupted { throw interruption() }
      if end.timedOut {
        throw TestStop(end: .timedOut, message: "the command took longer than \(options.timeout) s")
      }
      guard let status = end.status else {
        throw TestStop(end: .failure, message: "nobody knows how the command ended")
      }
      if let service = options.service, (125...127).contains(status.code),
        try !reading.hasRun(service, since: since)
      {
        throw TestStop(end: .commandNotStarted, message: "the command could not be started in \(service)")
      }
      record.commandCode = status.code
    }
  }

  private var limit: UInt64? { options.timeout > 0 ? UInt64(options.timeout) * 1_000_000_000 : nil }

  private func runHere() throws -> TestConductor.End {
    let containers = try context.attempt { [engine, record] () throws(EngineError) in
      try engine.containers(stack: record.stack)
    }
    let variables = TestVariables.of(containers, stack: record.stack, artifacts: artifacts.directory?.string)
    artifacts.write("containers.env", variables.map { "\($0.name)=\($0.value)\n" }.joined())
    guard let program = try HostProgram.find(options.command[0], surroundings) else {
      throw TestStop(end: .commandNotStarted, message: "there is no program \(options.command[0]) on this host")
    }
    do throws(SyscallError) {
      // At a terminal it stands before it, as we do; elsewhere all that it starts can be ended with it.
      return try conductor.run(
        program, options.command, environment: environment(variables), role: .command,
        ownSession: !Prompt.inputIsTerminal, limit: limit)
    } catch {
      throw TestStop(
        end: .commandNotStarted, message: "\(options.command[0]) cannot be started: \(error.reason)")
    }
  }

  private func runInside() throws -> TestConductor.End {
    let variables = options.environment.flatMap { ["-e", $0] }
    return try conductor.run(
      engine.settings.program,
      ["containr", "run"] + options.words(record.stack) + variables + [options.service ?? ""]
        + (options.command.isEmpty ? [] : ["--"] + options.command), environment: environment([]), role: .command,
      ownSession: !Prompt.inputIsTerminal, limit: limit)
  }

  /// Ours, what was asked for, and these.
  private func environment(_ more: [(name: String, value: String)]) -> [String] {
    var all = surroundings.environment
    for (name, value) in more { all[name] = value }
    for word in options.environment {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { all[String(parts[0])] = String(parts[1]) }
    }
    return all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  // MARK: the end

  /// Something that goes wrong here keeps nothing from being taken away.
  private func attempt(_ what: String, _ body: () throws -> Void) {
    do { try body() } catch let exit as CommandExit {
      record.faults.append("\(what): \(exit.message ?? "it failed")")
    } catch { record.faults.append("\(what): \(error)") }
  }

  private func collect() {
    phase("collect") {
      attempt("the logs") { try artifacts.writeLogs(try reading.containers()) }
      attempt("the events") {
        let lines = try reading.events().map { EventView.json($0) }
        artifacts.write("events.jsonl", lines.joined())
      }
      if let fault = samples.fault { record.faults.append("what the containers use is not complete: \(fault)") }
      artifacts.write("metrics.json", samples.peaks.json)
    }
  }

  private func tearDown() {
    phase("down") {
      let marks = steps.begin("down")
      defer { steps.end(marks) }
      // A system that ends a job waits for some seconds only.
      var grace = options.stopTimeout ?? (record.end == .interrupted ? 5 : nil)
      for _ in 0..<3 {
        var isDone = false
        attempt("the taking away") {
          let null = try Kernel.open("/dev/null", [.readOnly])
          let end = try conductor.run(
            engine.settings.program,
            ["containr", "down", "-p", record.stack, "-v", "-y"] + (grace.map { ["-t", "\($0)"] } ?? []),
            environment: environment([]),
            descriptors: [null.raw, context.errors.descriptor, context.errors.descriptor], role: .teardown)
          if end.status == .exited(0) { isDone = true }
        }
        if isDone { return }
        grace = 0
      }
      record.faults.append(
        "the stack \(record.stack) could not be taken away: containr down -p \(record.stack) -v tries again")
      if record.end == nil, record.commandCode == 0 {
        (record.end, record.message) = (.leftBehind, "the stack \(record.stack) could not be taken away")
      }
    }
  }

  private func report() {
    attempt("the files of the test") { try artifacts.writeResults(record, samples.peaks) }
    attempt("the job's summary") { try steps.summarise(TestSummary(record: record, peaks: samples.peaks)) }
    attempt("files for the time of the test") { try artifacts.removeTemporary() }
    if !artifacts.faults.isEmpty {
      record.faults += artifacts.faults
      if record.end == nil, record.commandCode == 0 {
        (record.end, record.message) = (
          .notWritten, "not all of \(options.artifacts ?? "the artifacts") could be written"
        )
      }
    }
    let time = Displayed.elapsed(nanoseconds: UInt64(record.seconds * 1e9))
    context.errors.write("test of \(record.base): \(record.word), \(time)\n")
  }
}
