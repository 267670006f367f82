// A schedule needs the rules of its time zone.
internal import ContainrHost
internal import ContainrSpec

extension Preflight {
  mutating func checkSchedule(of service: ServicePlan) {
    guard let schedule = service.schedule else { return }
    do throws(EngineError) { _ = try engine.zone(of: schedule) } catch {
      add(
        "no-time-zone", "service \(service.name): \(error.message)",
        at: service.origins["x-containr.schedule"] ?? service.location,
        help: "install the zone data (tzdata), or write 'timezone: UTC'")
    }
  }
}
