// `process` of config.json: what of it this host can give. Capabilities that it cannot give are left out with a warning,
// as the specification wants; everything else that is missing is an error where it is applied.
internal import ContainrInit
internal import ContainrOCI
internal import ContainrSeccomp
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

struct ProcessTranslation {
  var plan: ProcessPlan
  var notifies = false
  var warnings: [String] = []

  init(_ process: OCIProcess, _ linux: OCILinux) throws(RuntimeFailure) {
    plan = ProcessPlan(process: process, seccomp: [])
    plan.personality = linux.personality
    var sets = process.capabilities
    var missing: [String] = []
    var (asked, held) = (CapabilitySet(), CapabilitySet())
    // In a user namespace of its own a process holds all of them at first; the bounding set is inherited.
    func given(_ names: [String]) throws(RuntimeFailure) -> [String] {
      var given: [String] = []
      for name in names {
        if let capability = Capability(name: name) {
          if !asked.contains(capability) {
            asked.insert(CapabilitySet([capability]))
            let isHeld = try attempt("read the bounding set") { () throws(SyscallError) in
              try CapabilitySet.isBounding(capability)
            }
            if isHeld { held.insert(CapabilitySet([capability])) }
          }
          if held.contains(capability) {
            given.append(name)
            continue
          }
        }
        if !missing.contains(name) { missing.append(name) }
      }
      return given
    }
    sets.bounding = try given(sets.bounding)
    sets.permitted = try given(sets.permitted)
    // What is effective must be permitted, what is ambient permitted and inheritable: the kernel takes nothing else.
    sets.effective = try given(sets.effective).filter(sets.permitted.contains)
    sets.inheritable = try given(sets.inheritable)
    let ambient = try given(sets.ambient)
    sets.ambient = ambient.filter { sets.permitted.contains($0) && sets.inheritable.contains($0) }
    let without = ambient.filter { !sets.ambient.contains($0) }
    if !without.isEmpty {
      warnings.append(
        "ambient capabilities must be permitted and inheritable: without \(without.joined(separator: ", "))")
    }
    plan.process.capabilities = sets
    if !missing.isEmpty {
      warnings.append("capabilities that cannot be given here: \(missing.sorted().joined(separator: ", "))")
    }
    if let seccomp = linux.seccomp {
      do throws(SeccompError) {
        let filter = try SpecFilter(seccomp)
        plan.seccomp = filter.program
        plan.seccompFlags = filter.flags
        notifies = filter.notifies
        if !filter.unknown.isEmpty {
          warnings.append("seccomp: unknown system calls: \(filter.unknown.joined(separator: ", "))")
        }
      } catch {
        throw RuntimeFailure("\(error)")
      }
    }
    try ProcessTranslation.checkLabels(process, linux.mountLabel)
  }

  /// A label that no security module would look at is an error before anything is made.
  private static func checkLabels(_ process: OCIProcess, _ mount: String?) throws(RuntimeFailure) {
    if process.apparmorProfile == nil, process.selinuxLabel == nil, mount == nil { return }
    let modules = try attempt("look for security modules") { () throws(SyscallError) in try SecurityModules.ofHost() }
    do throws(SecurityError) {
      try modules.check(
        apparmorProfile: process.apparmorProfile, selinuxLabel: process.selinuxLabel, mountLabel: mount)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }
}
