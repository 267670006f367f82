// Compiled filters: one compilation a set of rights and process, and few a host, since they are kept on disk by what went
// into them.
internal import ContainrOCI
internal import ContainrSeccomp
package import ContainrSecurity
package import ContainrSpec
internal import ContainrSystem
internal import Synchronization
package import SystemPackage

/// The compiled filters of this process.
package final class SeccompPrograms: Sendable {
  private let programs = Mutex<[String: [UInt8]]>([:])
  private let cache: SeccompCache?

  /// What may be given at all.
  package let available: CapabilitySet

  /// For services whose starter has these capabilities to give; `directory`: where compiled filters are kept.
  package init(available: CapabilitySet, directory: FilePath? = nil) {
    self.available = available
    cache = directory.map { SeccompCache(directory: $0) }
  }

  /// The filter for what a service may do; empty for none.
  package func program(for plan: ServicePlan) throws(EngineError) -> [UInt8] {
    let rights = try ServiceRights.rights(plan, available: available)
    let capabilities = rights.capabilities
    do {
      switch rights.filter {
      case .none: return []
      case .profile(.compatible):
        return try kept(SeccompProfile.cacheKey(capabilities: capabilities), isBuiltIn: true) {
          () throws(SeccompError) in
          try SeccompProfile.defaultProgram(capabilities: capabilities)
        }
      case .profile(.strict):
        return try kept(SeccompProfile.strictCacheKey(capabilities: capabilities)) { () throws(SeccompError) in
          try SeccompProfile.strictProgram(capabilities: capabilities)
        }
      case .file(let file):
        let profile = DockerProfile(file, capabilities: capabilities.bounding, kernel: try DockerProfile.kernel())
        return try kept(profile.cacheKey, of: profile.input) { () throws(SeccompError) in try profile.program() }
      }
    } catch {
      throw EngineError(.kernel, "service \(plan.name): \(error)")
    }
  }

  /// From memory, from disk, or compiled and kept.
  private func kept(
    _ key: String, of input: String = "", isBuiltIn: Bool = false, _ compile: () throws(SeccompError) -> [UInt8]
  ) throws(SeccompError) -> [UInt8] {
    let name = key + input
    if let known = programs.withLock({ $0[name] }) { return known }
    let isOnDisk = !(isBuiltIn && key == SeccompProfile.builtInKey)
    var program = isOnDisk ? cache?.read(key, of: input) : nil
    if program == nil {
      let compiled = try compile()
      if isOnDisk { cache?.write(compiled, key, of: input) }
      program = compiled
    }
    let result = program ?? []
    programs.withLock { $0[name] = result }
    return result
  }
}
