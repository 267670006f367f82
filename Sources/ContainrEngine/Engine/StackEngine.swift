// The engine as the CLI sees it: look, compare, check, apply, tell. Each call stands in its own file; this one holds
// what they share.
internal import ContainrCgroups
public import ContainrHost
public import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
public import ContainrSpec
internal import ContainrSystem

/// One host's containers.
public final class StackEngine: Sendable {
  /// Where and under which names.
  public let settings: HostSettings
  let cgroups: CgroupMounts
  let bootID: String
  let runtime: Runtime
  /// nil: no registry is asked.
  let registries: RegistryAccessor?

  /// Looks at the host's layout; makes nothing.
  public init(settings: HostSettings, registries: RegistryAccessor? = nil) throws(EngineError) {
    if let complaint = settings.complaint { throw EngineError(.settings, complaint) }
    self.settings = settings
    self.registries = registries
    do {
      // Many containers at once are many descriptors, here and in the supervisor.
      try Kernel.raiseDescriptors()
      cgroups = try CgroupMounts.detect().usable(below: settings.cgroupParent)
      bootID = try Kernel.bootID()
      runtime = Runtime(
        shim: settings.shim, runDirectory: settings.containersDirectory, cgroups: cgroups,
        initLayer: settings.initLayer)
    } catch {
      throw EngineError(error, "look at the host")
    }
  }

  /// Observes and compares: what `apply` would do. Writes nothing.
  public func plan(
    _ desired: StackPlan?, stackName: String, options: ReconcileOptions = ReconcileOptions()
  ) throws(EngineError) -> Changeset {
    let observed = try observe(desired, stackName: stackName, depth: options.goal == .up ? .kernel : .records)
    return reconcile(desired: desired, observed: observed, stack: stackName, options: options)
  }
}
