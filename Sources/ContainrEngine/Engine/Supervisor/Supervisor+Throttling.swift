// Containers that their limit of processor time holds up, told as events: the kernel tells nobody by itself, so it is looked
// at now and then, and only where there is a limit.
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry

/// One container under that watch.
struct ThrottleWatch {
  let meter: CgroupMeter
  var tracker: ThrottleTracker
}

extension Supervisor {
  private static let limits: Set<String> = ["cpus", "cpu_quota"]

  /// Begins with a container that has just begun; nothing for one without a limit. What cannot be looked at is told of by no event,
  /// and is nobody's harm.
  func watchThrottling(_ record: ContainerRecord) {
    throttles[record.id] = nil
    guard PlanCoding.fields(record.fields).contains(where: { Self.limits.contains($0.path) }) else { return }
    do throws(CgroupError) {
      let cgroup = Cgroup(mounts: engine.cgroups, path: engine.cgroup(of: record))
      throttles[record.id] = ThrottleWatch(
        meter: try CgroupMeter(cgroup), tracker: ThrottleTracker(now: Kernel.monotonicTime()))
    } catch { return }
  }

  /// When the next look is due; nil: there is nothing to look at.
  var nextThrottleLook: UInt64? { throttles.values.map(\.tracker.due).min() }

  func lookAtThrottling(now: UInt64) {
    for (id, watch) in throttles where watch.tracker.due <= now {
      guard containers[id]?.exit != nil, let name = containers[id]?.name else {
        throttles[id] = nil
        continue
      }
      let counts: CgroupThrottling?
      do throws(CgroupError) { counts = try watch.meter.throttling() } catch { counts = nil }
      guard let report = throttles[id]?.tracker.take(counts, now: now) else { continue }
      tell(report, of: name)
    }
  }

  private func tell(_ report: ThrottleReport, of name: ContainerName) {
    var event = ContainerEvent(.throttle, name.eventSubject)
    if let record = contents.containers.first(where: { $0.id == name.id }), let limit = processorLimit(record) {
      event = event.with("cpus", limit)
    }
    engine.tell(
      event.with("throttled", "\(report.throttled)").with("periods", "\(report.periods)")
        .with("held_up_ms", "\(report.time / 1_000_000)").with("seconds", "\(report.span / 1_000_000_000)"))
  }

  /// `0.5`: as the kernel has it now.
  private func processorLimit(_ record: ContainerRecord) -> String? {
    do throws(CgroupError) {
      let limit = try Cgroup(mounts: engine.cgroups, path: engine.cgroup(of: record)).reading().milliCPUs
      return limit.map { thousandths in
        let rest = String(thousandths % 1000)
        let digits = String(repeating: "0", count: 3 - rest.count) + rest
        var text = "\(thousandths / 1000).\(digits)"
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
      }
    } catch { return nil }
  }
}
