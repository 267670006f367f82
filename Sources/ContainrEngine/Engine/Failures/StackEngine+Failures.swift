// Why containers are not well: exit and signal, memory, seccomp, the program's file, the probe. Looks; changes nothing.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrRuntime
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// One report a container of the stack that is not well, sorted by name. `startFailures`: why a start did not work, by
  /// the container's id, as there is no process then that could be looked at.
  public func failureReports(
    stack: String, desired: StackPlan?, startFailures: [String: String] = [:]
  ) throws(EngineError) -> [FailureReport] {
    var reports: [FailureReport] = []
    for record in try contents().containers where record.stack == stack {
      let plan = desired?.services.first { $0.name == record.service }
      // An orphan is as it was before.
      if desired != nil && plan == nil { continue }
      if let report = try failureReport(record, plan, startFailure: startFailures[record.id]) {
        reports.append(report)
      }
    }
    return reports
  }

  /// What such a container wrote last in its present life, without times.
  public func lastLines(of report: FailureReport) throws(EngineError) -> [String] {
    try LastLines.of(FilePath(report.logFile), since: report.logBegin)
  }

  /// When the log of a container begins to be that of its present life; nil: it has had no other one.
  func logBegin(of id: String) throws(EngineError) -> String? {
    do throws(SyscallError) { return try Kernel.text(of: settings.logBegin(id)) } catch {
      if error.errno == 2 { return nil }
      throw EngineError(error, "look for the log of \(id)")
    }
  }

  func failureReport(
    _ record: ContainerRecord, _ desired: ServicePlan?, startFailure: String?
  ) throws(EngineError) -> FailureReport? {
    let name = record.name
    var report = FailureReport(
      id: record.id, container: name.display, service: record.service, kind: .notStarted, message: startFailure ?? "",
      location: desired?.location, logFile: settings.logFile(record.id).string)
    report.logBegin = try logBegin(of: record.id)
    let plan: ServicePlan
    if let desired, record.merged.isEmpty { plan = desired } else { plan = try record.runningPlan() }
    if let startFailure {
      let reason = Self.reason(startFailure, of: [record.id, name.display])
      report.message = "did not start: \(reason)"
      if let known = Self.keys.first(where: { reason.hasPrefix($0.stage) }) {
        report.location = plan.origins[known.key] ?? report.location
        report.help = known.help
      }
      // What failed before the program was to begin says itself what it is.
      if startFailure.contains("execve") { try explainProgram(record, plan, in: &report, replacesMessage: true) }
      return report
    }
    if record.stage == .stopped || record.stage == .removing { return nil }
    let observed: ContainerObservation
    do throws(RuntimeError) { observed = try runtime.observe(record.id) } catch {
      throw EngineError(.kernel, error.description)
    }
    switch observed {
    case .running:
      return try unhealthy(record, plan, report)
    case .exited(let exit):
      if exit.status == .exited(0) { return nil }
      try explain(exit, record, plan, in: &report)
      return report
    case .died where record.stage == .running:
      report.kind = .vanished
      report.message = "has ended, and nobody recorded how: its shim was killed, or the host was restarted"
      return report
    case .absent, .incomplete, .died: return nil
    }
  }

  // MARK: an end

  private func explain(
    _ exit: ContainerExit, _ record: ContainerRecord, _ plan: ServicePlan, in report: inout FailureReport
  ) throws(EngineError) {
    switch exit.status {
    case .exited(let code):
      report.kind = .exited
      report.exitCode = code
      report.message = "ended with exit code \(code)"
      if let meaning = ExitWords.meaning(ofCode: code) { report.notes.append("\(code): \(meaning)") }
      if code == 126 || code == 127 { try explainProgram(record, plan, in: &report, replacesMessage: false) }
    case .signalled(let signal):
      report.kind = .signalled
      report.signal = ExitWords.name(ofSignal: signal)
      report.message = "was ended by \(ExitWords.name(ofSignal: signal))"
      if signal == 31 {
        try explainSeccomp(record, in: &report)
      } else if !exit.outOfMemory, let meaning = ExitWords.meaning(ofSignal: signal) {
        report.notes.append(meaning)
      }
    }
    if exit.lostFiles {
      report.kind = .filesLost
      report.message = "lost its files: fuse-overlayfs, which served them, has ended, and the container was killed"
      report.notes.append("its log says how; what it had written before is there")
    }
    if exit.outOfMemory { explainMemory(plan, exit, in: &report) }
  }

  private func explainMemory(_ plan: ServicePlan, _ exit: ContainerExit, in report: inout FailureReport) {
    let how = report.message
    report.kind = .outOfMemory
    report.message = "ran out of memory: the kernel killed in it"
    // The one that was killed need not be the first process.
    report.notes.append("it \(how)")
    guard let limit = plan.resources.memoryLimit else {
      report.help = "the container has no limit of its own: the host, or the cgroup above, has no more memory"
      return
    }
    let place = plan.origins["mem_limit"].map { " at \($0.explained)" } ?? ""
    report.help = "its mem_limit is \(limit >> 20) MiB\(place): raise it, or make the program need less"
  }

  private func explainSeccomp(_ record: ContainerRecord, in report: inout FailureReport) throws(EngineError) {
    let pid: Int32?
    do throws(RuntimeError) { pid = try runtime.firstProcess(of: record.id) } catch {
      throw EngineError(.kernel, error.description)
    }
    if let pid, let call = SeccompAudit.call(pid: pid) {
      report.message += ": a seccomp filter forbids it the system call \(call)"
      report.help =
        "Containr's own filter answers with an error and kills nobody: this one was installed by the program itself"
    } else {
      report.message += ": a seccomp filter ended it for a system call"
      report.notes.append("which call it was the kernel's log does not say (it does if auditing is on)")
    }
  }

  // MARK: health

  private func unhealthy(
    _ record: ContainerRecord, _ plan: ServicePlan, _ start: FailureReport
  ) throws(EngineError) -> FailureReport? {
    guard let check = plan.healthcheck else { return nil }
    let text: String
    do throws(SyscallError) { text = try Kernel.text(of: settings.health(record.stack).appending(record.id)) } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "read the health of \(record.id)")
    }
    let word = text.prefix { $0 != "\n" }
    guard word != "healthy", let answer = ProbeAnswer(healthFile: text) else { return nil }
    var report = start
    report.kind = .unhealthy
    report.message = word == "unhealthy" ? "is unhealthy" : "runs, and is not healthy yet"
    report.probe = FailureReport.Probe(command: check.command, exitCode: answer.exitCode, output: answer.output)
    report.location = plan.origins["healthcheck.test"] ?? plan.location
    if answer.exitCode == 126 || answer.exitCode == 127 {
      report.help = "the probe itself could not be run: is its program in the container?"
    } else if answer.exitCode == nil {
      report.help = "give the probe more time (healthcheck.timeout), or the service (start_period)"
    } else {
      report.help = "if it only needs longer to begin: healthcheck.start_period"
    }
    return report
  }

  // MARK: the program

  /// What can be seen of the program in the layers. It says more than the kernel's "No such file or directory".
  private func explainProgram(
    _ record: ContainerRecord, _ plan: ServicePlan, in report: inout FailureReport, replacesMessage: Bool
  ) throws(EngineError) {
    guard let program = (plan.entrypoint + plan.command).first, !program.isEmpty else { return }
    let environment = ContainerTranslation.environment(plan, hostname: plan.hostname ?? report.container)
    let path = environment.first { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ""
    do {
      let root = try LayeredRoot(layers: try layerDirectories(record, plan), mounts: plan.mountedPaths)
      let diagnosis = ProgramDiagnosis(
        root: root, path: path, environment: plan.environment, workingDirectory: plan.workingDirectory)
      guard let problem = try diagnosis.problem(of: program) else { return }
      if replacesMessage {
        report.message = "did not start: \(problem.message)"
      } else {
        report.notes.insert(problem.message, at: 0)
      }
      report.help = problem.help ?? report.help
      let key = plan.entrypoint.isEmpty ? "command" : "entrypoint"
      report.location = plan.origins[key] ?? report.location
    } catch let error as SyscallError {
      // A layer that cannot be read is the reason itself, or nothing that helps here.
      report.notes.append("its layers cannot be looked at: \(error)")
    } catch let error as LayerError {
      report.notes.append("its layers cannot be looked at: \(error)")
    } catch {
      throw EngineError(.kernel, "look at the layers of \(record.id): \(error)")
    }
  }

  /// The topmost first. One that is gone is an error if `all` are needed, and is else left out.
  func layerDirectories(_ record: ContainerRecord, _ plan: ServicePlan, all: Bool = false) throws -> [FilePath] {
    let gone = { (layer: String) in EngineError(.kernel, "container \(record.id): its layer \(layer) is gone") }
    let store = LayerStore(directory: settings.layersDirectory)
    var digests = record.layers[...]
    var paths: [FilePath] = []
    for layer in plan.layers {
      switch layer.kind {
      case .directory: paths.append(FilePath(layer.path))
      case .archive:
        guard let digest = digests.popFirst().flatMap({ LayerDigest($0) }), let path = try store.unpackedPath(digest)
        else {
          if all { throw gone(layer.path) }
          continue
        }
        paths.append(path)
      case .unpacked:
        if let digest = LayerDigest(layer.path), let path = try store.unpackedPath(digest) {
          paths.append(path)
        } else if all {
          throw gone(layer.path)
        }
      // A running plan has single layers in their place.
      case .image, .layout: continue
      }
    }
    return [settings.upper(record.id)] + paths.reversed()
  }

  /// What a service has asked for when a start ends at one of these: the first words of the reason, the key, what to do.
  private static let keys: [(stage: String, key: String, help: String)] = [
    ("look up the user", "user", "a number needs no entry in the image: user: \"1000:1000\""),
    ("set the kernel parameter", "sysctls", "leave it out, or see in /proc/sys what this kernel has"),
    (
      "set oom_score_adj", "oom_score_adj",
      "a score below that of the caller takes CAP_SYS_RESOURCE; see /proc/self/oom_score_adj"
    ),
  ]

  /// The engine's message without the container's name in front.
  private static func reason(_ message: String, of names: [String]) -> String {
    for prefix in names.flatMap({ ["container \($0): ", "\($0): "] }) where message.hasPrefix(prefix) {
      return String(message.dropFirst(prefix.count))
    }
    return message
  }
}
