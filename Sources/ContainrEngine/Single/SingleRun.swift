// One container from start to end, without a stack: no store, no supervisor, no firewall, no shim, no network but its
// loopback. All of it lies in one place of its own below the state directory and goes with it.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrImages
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
public import ContainrSpec
public import ContainrSystem
internal import SystemPackage

/// A container that runs for its starter alone, as its child: the starter has one thread and a sealed program file. It
/// ends with its starter; what a killed one leaves is cleared away by the next. `clear` has to be called.
public final class SingleRun {
  /// How it ended.
  public struct End: Sendable, Hashable {
    /// Its program's code or signal.
    public var status: ExitStatus
    /// Whether the OOM killer struck.
    public var outOfMemory: Bool
    /// What became of the server of its files, if it was killed for that.
    public var loss: String?
  }

  private let name: ContainerName
  private let cgroup: String
  private let cgroups: CgroupMounts
  private let place: SinglePlace
  private let container: ForegroundContainer
  private var hasEnded = false
  private var removal: CgroupRemoval?

  /// The first process of a container that is not known yet.
  public struct Beginning {
    fileprivate var container: ForegroundContainer.Beginning
  }

  /// Begins a run, before there is a plan: what every container has is made meanwhile. Leaves nothing if it ends there.
  public static func begin() throws(EngineError) -> Beginning {
    do throws(SyscallError) {
      return Beginning(container: try ForegroundContainer.begin())
    } catch {
      throw EngineError(error, "begin a container")
    }
  }

  /// Makes what the plan says; its networks, ports, dependencies and volumes are not looked at.
  public init(_ plan: ServicePlan, settings: HostSettings, _ beginning: Beginning) throws(EngineError) {
    if let complaint = settings.complaint { throw EngineError(.settings, complaint) }
    let word = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    let name = ContainerName(stack: "run", service: word, index: 1)
    var beginning = beginning
    do throws(SyscallError) {
      beginning.container.cgroups = try beginning.container.cgroups.usable(below: settings.cgroupParent)
    } catch {
      throw EngineError(error, "look for the cgroups")
    }
    let cgroups = beginning.container.cgroups
    func clear(_ id: String) throws(RuntimeError) {
      try ForegroundContainer.clear(id, cgroupPath: settings.cgroup(run: id), cgroups: cgroups)
    }
    let place: SinglePlace
    do {
      place = try SinglePlace(name.id, settings: settings)
      try place.sweepOthers(clear)
    } catch {
      throw EngineError(.kernel, "make a place for the container: \(error)")
    }
    do {
      let config = try Self.config(plan, name, settings, place, cgroups)
      container = try ForegroundContainer(config, beginning.container)
    } catch {
      let reason = (error as? EngineError)?.message ?? "\(error)"
      do {
        try clear(name.id)
        try place.remove()
      } catch let second {
        throw EngineError(.kernel, "\(reason); clear up after it: \(second)")
      }
      throw EngineError(.kernel, reason)
    }
    self.name = name
    self.cgroups = cgroups
    self.place = place
    cgroup = settings.cgroup(run: name.id)
  }

  /// Passes its output on until it has ended, and what comes on `signals` to it (see ForegroundContainer.follow).
  /// `deliver` gets true for standard error and answers whether anybody still reads.
  public func follow(
    signals: CInt, deliver: (Bool, [UInt8]) throws(SyscallError) -> Bool
  ) throws(EngineError) -> End {
    do throws(RuntimeError) {
      let place = place
      let exit = try container.follow(
        signals: signals,
        built: { () throws(SyscallError) in
          try place.removeMark()
          removal = preparedRemoval()
        },
        deliver: { (stream, bytes) throws(SyscallError) in try deliver(stream == .stderr, bytes) })
      hasEnded = true
      return End(status: exit.status, outOfMemory: exit.outOfMemory, loss: container.loss)
    } catch {
      throw EngineError(ofCommand: error)
    }
  }

  /// Takes away everything of it.
  public func clear() throws(EngineError) {
    do {
      if hasEnded {
        let removal = removal ?? preparedRemoval()
        self.removal = nil
        removal.begin()
        do { try place.empty() } catch {
          try removal.wait()
          throw error
        }
        try removal.wait()
      } else {
        try ForegroundContainer.clear(name.id, cgroupPath: cgroup, cgroups: cgroups)
      }
      // Last: by the place the next run finds what a killed one left.
      try place.remove()
    } catch {
      throw EngineError(.kernel, "clear up after a container: \(error)")
    }
  }

  private func preparedRemoval() -> CgroupRemoval {
    let (id, cgroup, cgroups) = (name.id, cgroup, cgroups)
    return CgroupRemoval { () throws(RuntimeError) in
      try ForegroundContainer.clear(id, cgroupPath: cgroup, cgroups: cgroups, hasEnded: true)
    }
  }

  private static func config(
    _ plan: ServicePlan, _ name: ContainerName, _ settings: HostSettings, _ place: SinglePlace,
    _ cgroups: CgroupMounts
  ) throws -> ContainerConfig {
    var sources = ContainerSources()
    let giver = try LabelGiver(settings)
    let labels = try giver.labels(LabelRequest(plan), container: name.id, runtime: nil)
    try giver.labelUpper(place.upper, labels)
    if plan.layers.contains(where: { $0.kind == .archive }) { try giver.labelLayers(place.path.appending("layers")) }
    sources.layers = try layers(plan, settings, place)
    sources.overlayMaker = try place.overlayMaker()
    if let obstacle = try settings.overlayObstacle(sources.overlayMaker) {
      throw EngineError(.settings, "\(obstacle.message) (state-on-overlay): \(obstacle.help)")
    }
    sources.limits = try HostFacts.limits(of: plan, cgroups)
    sources.hardware = try HostFacts.hardware(of: plan)
    sources.availableCapabilities = try ServiceRights.available()
    sources.seccompProgram = try SeccompPrograms(available: sources.availableCapabilities).program(for: plan)
    sources.possibleCPUs = try HostFacts.possibleCPUs()
    sources.hardNOFILE = try Rlimit.hard("RLIMIT_NOFILE")
    var config = try ContainerTranslation.config(plan, name: name, sources: sources, settings: settings)
    config.setLabels(labels)
    config.overlay?.upper = place.upper
    config.overlay?.work = place.work
    // In the container's mount namespace only: there it hides what lies in it.
    config.spec.root.path = place.path.string
    config.spec.linux.cgroupsPath = settings.cgroup(run: name.id)
    return config
  }

  private static func layers(
    _ plan: ServicePlan, _ settings: HostSettings, _ place: SinglePlace
  ) throws(LayerError) -> [FilePath] {
    // Archives are unpacked into our own place: what outlives nobody needs no store.
    let store = LayerStore(directory: place.path.appending("layers"), settles: false)
    return try plan.layers.map { (layer) throws(LayerError) in
      let info = try store.inspect(FilePath(layer.path), kind: layer.kind == .archive ? .archive : .directory)
      return try store.prepare(info.path, digest: info.digest, program: settings.program)
    }
  }
}
