// Seccomp filters, compiled once a set of capabilities and process.
internal import ContainrOCI
internal import ContainrSeccomp
package import ContainrSecurity
package import ContainrSpec
internal import Synchronization

/// The compiled filters of this process.
package final class SeccompPrograms: Sendable {
  private let programs = Mutex<[String: [UInt8]]>([:])

  /// What may be given at all.
  package let available: CapabilitySet

  /// For services whose starter has these capabilities to give.
  package init(available: CapabilitySet) { self.available = available }

  /// The default profile for what a service may do.
  package func program(for plan: ServicePlan) throws(EngineError) -> [UInt8] {
    let capabilities = try ServiceRights.capabilities(plan, available: available)
    let key = SeccompProfile.cacheKey(capabilities: capabilities)
    let result: Result<[UInt8], SeccompError> = programs.withLock { known in
      if let program = known[key] { return .success(program) }
      do throws(SeccompError) {
        let program = try SeccompProfile.defaultProgram(capabilities: capabilities)
        known[key] = program
        return .success(program)
      } catch {
        return .failure(error)
      }
    }
    do { return try result.get() } catch { throw EngineError(.kernel, "service \(plan.name): \(error)") }
  }
}
