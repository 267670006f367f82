// The capabilities of a service, the same for its first process, its filter, its probes and what `exec` starts.
package import ContainrOCI
package import ContainrSecurity
package import ContainrSpec

/// The rights of a service.
package enum ServiceRights {
  /// What the plan asks for, out of what this process has to give; `ALL` is all of that, a name beyond it is an error.
  package static func capabilities(
    _ plan: ServicePlan, available: CapabilitySet
  ) throws(EngineError) -> OCICapabilities {
    do {
      return try CapabilityDefaults.capabilities(add: plan.capAdd, drop: plan.capDrop, available: available)
    } catch {
      throw EngineError(.settings, "service \(plan.name): \(error)")
    }
  }

  /// What this process has to give.
  package static func available() throws(EngineError) -> CapabilitySet {
    do { return try CapabilitySet.bounding() } catch { throw EngineError(error, "read our own capabilities") }
  }
}
