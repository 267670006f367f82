// A log that goes to the journal needs one.
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

extension Preflight {
  mutating func checkLogging(of service: ServicePlan) throws {
    guard service.logging?.driver == .journald else { return }
    if try Kernel.exists(engine.settings.journaldSocket) { return }
    add(
      "no-journal",
      "service \(service.name): there is no journal of systemd here (\(engine.settings.journaldSocket))",
      at: service.origins["logging.driver"] ?? service.location, help: "write 'driver: local'")
  }
}
