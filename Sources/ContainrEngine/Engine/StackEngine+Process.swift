// The process of one container: stopped with the signal and patience that its record asks for, and cleared away.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension StackEngine {
  /// Ends the process: its `pre_stop` commands first, unless `skipsHooks`, then its own signal, both within its grace
  /// period. `note` hears what the commands say.
  func stopProcess(
    _ name: ContainerName, record: ContainerRecord, skipsHooks: Bool = false, note: HookNote = { _ in }
  ) throws(EngineError) {
    try goOn(record)
    let fields = try record.runningFields()
    let signal = fields.first { $0.path == "stop_signal" }.flatMap { SignalNumber.named($0.value) } ?? 15
    guard case .running = try process(of: name.id) else { return }
    var grace = stopGrace(record)
    if !skipsHooks, grace > 0, fields.contains(where: { $0.path.hasPrefix("pre_stop.") }) {
      let deadline = Kernel.monotonicTime() + UInt64(grace) * 1_000_000
      try runPreStop(name, record, deadline: deadline, note: note)
      grace = Int((deadline - min(deadline, Kernel.monotonicTime())) / 1_000_000)
    }
    // A command may have made it end by itself: then nobody signals it.
    if case .running = try process(of: name.id) {
      tell(ContainerEvent(.kill, name.eventSubject).with("signal", String(signal)))
    }
    do {
      _ = try runtime.stop(name.id, signal: signal, graceMilliseconds: grace)
    } catch {
      throw EngineError(.kernel, error.description)
    }
    tell(ContainerEvent(.stop, name.eventSubject))
  }

  /// How long a container may take to stop, in milliseconds.
  func stopGrace(_ record: ContainerRecord) -> Int {
    let fields = PlanCoding.fields(record.fields)
    let planned = fields.first { $0.path == "stop_grace_period" }.flatMap { Int($0.value.dropLast(2)) } ?? 10_000
    return settings.stopGraceMilliseconds ?? planned
  }

  /// The cgroup of a container, from its row alone.
  func cgroup(of record: ContainerRecord) -> String { settings.cgroup(record.name, below: cgroupParent(of: record)) }

  /// The same with the row's fields, which need not be taken apart again.
  func cgroup(of name: ContainerName, fields: [PlanField]) -> String {
    settings.cgroup(name, below: fields.first { $0.path == "cgroup_parent" }?.value)
  }

  /// The group of somebody else's that it is in.
  private func cgroupParent(of record: ContainerRecord) -> String? {
    PlanCoding.fields(record.fields).first { $0.path == "cgroup_parent" }?.value
  }

  /// Takes away run directory, cgroup and whatever still runs of a container that has ended.
  func deleteRemains(_ name: ContainerName, _ record: ContainerRecord) throws(EngineError) {
    do {
      try runtime.delete(
        name.id, cgroupPath: cgroup(of: record), ownsParents: cgroupParent(of: record) == nil)
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }
}
