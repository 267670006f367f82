// The rights of a service, the same for its first process, its filter, its probes and what `exec` starts. Pure but for the
// look at what this process has to give.
package import ContainrOCI
package import ContainrSecurity
package import ContainrSpec

/// What the processes of a service may do.
package struct ServiceRights: Sendable, Hashable {
  /// Its capabilities.
  package var capabilities: OCICapabilities
  /// PR_SET_NO_NEW_PRIVS.
  package var noNewPrivileges: Bool
  /// Which system calls.
  package var filter: Filter

  /// Where the filter of system calls comes from.
  package enum Filter: Sendable, Hashable {
    case none
    /// The profile of this name, for these capabilities.
    case profile(SecurityPlan.Profile)
    case file(SeccompFilePlan)
  }

  /// What the plan asks for, out of what this process has to give; `ALL` is all of that, a name beyond it is an error.
  /// Docker's own words (`privileged`, `cap_add`, `cap_drop`, `security_opt`) count more than the profile.
  package static func rights(
    _ plan: ServicePlan, available: CapabilitySet
  ) throws(EngineError) -> ServiceRights {
    let security = plan.security ?? SecurityPlan()
    let profile = security.profile ?? .compatible
    let isPrivileged = security.privileged == true
    let noNewPrivileges = security.noNewPrivileges ?? (profile == .strict && !isPrivileged)
    let base: CapabilityDefaults.Base =
      isPrivileged ? .all : profile == .strict ? .strict(noNewPrivileges: noNewPrivileges) : .docker
    let filter: Filter =
      switch security.seccomp {
      case .unconfined: .none
      case .file(_, let file): .file(file)
      case nil: isPrivileged ? .none : .profile(profile)
      }
    do {
      let capabilities = try CapabilityDefaults.capabilities(
        add: plan.capAdd, drop: plan.capDrop, available: available, base: base)
      return ServiceRights(capabilities: capabilities, noNewPrivileges: noNewPrivileges, filter: filter)
    } catch {
      throw EngineError(.settings, "service \(plan.name): \(error)")
    }
  }

  /// The capabilities alone.
  package static func capabilities(
    _ plan: ServicePlan, available: CapabilitySet
  ) throws(EngineError) -> OCICapabilities { try rights(plan, available: available).capabilities }

  /// What this process has to give.
  package static func available() throws(EngineError) -> CapabilitySet {
    do { return try CapabilitySet.bounding() } catch { throw EngineError(error, "read our own capabilities") }
  }
}
