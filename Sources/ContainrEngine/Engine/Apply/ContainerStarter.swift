// Bringing one container to life from its record: layers, directories, config, shim, links. Used by apply and by the
// supervisor, so that a restart is the same as a start.
internal import ContainrHost
internal import ContainrImages
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import Synchronization
internal import SystemPackage

/// Starts containers of one stack. Usable from many threads for different containers.
struct ContainerStarter: Sendable {
  let settings: HostSettings
  let runtime: Runtime
  let links: LinkDriver
  let seccomp: SeccompPrograms
  let labels: LabelGiver
  let linkGroup: UInt32
  /// By name on the host.
  let networks: [String: NetworkTraits]
  let volumes: VolumeGiver
  /// Where configs and secrets are.
  let files: ContainerFiles
  /// Where they come from; nil: they are there already, from the start before.
  let contents: ContentReading?
  let possibleCPUs: Int
  let hardNOFILE: UInt64
  /// Writes what a container stands on before it does: digests of layers, archives first, and what its images say.
  let holdLayers: @Sendable (String, [String], ImageRoot) throws(EngineError) -> Void

  /// Starts it; answers what is to be recorded of its files. `isFresh` begins with an empty writable layer.
  func start(
    _ name: ContainerName, plan root: ImageRoot, record: ContainerRecord, isFresh: Bool
  ) throws(EngineError) -> [ContentRecord] {
    let plan = root.plan
    let supplies = try supply(name, root, record)
    var sources = supplies.sources
    try exchangeUsers(plan, name, &sources, isFresh: isFresh)
    sources.limits = try HostFacts.limits(of: plan, runtime.cgroups)
    sources.hardware = try HostFacts.hardware(of: plan)
    // One look at the devices: a second one may find what the first did not, and no rules at all allow everything.
    sources.limits.deviceRules = sources.hardware.rules
    sources.availableCapabilities = seccomp.available
    sources.seccompProgram = try seccomp.program(for: plan)
    sources.possibleCPUs = possibleCPUs
    sources.ids = UInt32(clamping: record.ids)
    sources.hardNOFILE = hardNOFILE
    let joins = try SharedNamespaces(plan, name, runtime: runtime, settings: settings)
    (sources.joined, sources.sharedMemory) = (joins.paths, joins.sharedMemory)
    let kept =
      isFresh ? nil : try SharedNamespaces.keptNetwork(plan, name, runtime: runtime, settings: settings)
    if let kept { sources.joined[.network] = FilePath("/proc/self/fd/\(kept.raw)") }
    sources.places = try places(record, of: name) + (try joins.networkOwner.map(places(sharedWith:)) ?? [])
    if let owner = joins.networkOwner {
      let plan = try PlanCoding.plan(owner.plan)
      (sources.sharedHosts, sources.sharedResolver) = (plan.extraHosts, plan.resolver)
    }
    do throws(SyscallError) {
      sources.hasIPv6 = try HostIPv6.isOn()
      sources.host = try HostFacts.names(for: plan, isInHostNetwork: joins.isHostNetwork)
      sources.isInHostNetwork = joins.isHostNetwork
    } catch {
      throw EngineError(error, "look at this host")
    }
    var config = try ContainerTranslation.config(plan, name: name, sources: sources, settings: settings)
    config.overlay?.haveOwnIDs = sources.hasOwnLayers
    let labels = try self.labels.labels(LabelRequest(plan), container: name.id, runtime: runtime)
    config.setLabels(labels)
    do throws(SyscallError) {
      try makeDirectories(of: plan, name.id, isFresh: isFresh)
      if sources.hasOwnLayers, let user = sources.user { try HostUserLayers(settings: settings).give(name.id, user) }
      // What was found of the life before is nothing of this one.
      try tolerating(2) { () throws(SyscallError) in try Kernel.remove(settings.health(name.stack).appending(name.id)) }
    } catch {
      throw EngineError(error, "container \(name.id): make its directories")
    }
    try self.labels.labelUpper(settings.upper(name.id), labels)
    try self.labels.relabel(plan, sources, labels)
    let veths = try veths(record, of: name, plan: plan)
    do {
      // What is joined is held until it is joined.
      try withExtendedLifetime((joins, kept)) {
        let process = try runtime.start(config) { pid, netns in
          if veths.isEmpty {
            try links.configureLoopback(netns: netns)
          } else {
            try links.attach(veths, pid: pid, netns: netns)
          }
        }
        // Its interfaces are there; what somebody took away meanwhile comes again.
        if kept != nil, !veths.isEmpty {
          let socket = try runtime.networkSocket(name.id)
          try withExtendedLifetime(socket) { try links.attach(veths, pid: process.pid, netns: socket.raw) }
        }
      }
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
    return supplies.given
  }

  /// For `idmap: host-user`: who the container's user is, and where only the container's ids can be exchanged its layers.
  private func exchangeUsers(
    _ plan: ServicePlan, _ name: ContainerName, _ sources: inout ContainerSources, isFresh: Bool
  ) throws(EngineError) {
    guard plan.hostUser?.uid != nil else { return }
    let user = try HostUserLayers.user(of: plan, in: sources.layers, sources.overlayMaker)
    sources.user = user
    do throws(SyscallError) { sources.ownIDs = try HostUserLayers.ownIDs() } catch {
      throw EngineError(error, "look at the ids of this user namespace")
    }
    guard let own = sources.ownIDs, user != .root else { return }
    guard user.uid < own.users, user.gid < own.groups else {
      throw EngineError(
        .settings,
        "service \(plan.name): the user \(user.uid):\(user.gid) is none of the \(own.users) users and \(own.groups) groups that you have: "
          + "/etc/subuid and /etc/subgid")
    }
    sources.layers = try HostUserLayers(settings: settings).copies(
      of: sources.layers, for: name.id, user, isFresh: isFresh)
  }

  /// Its files, layers, images and volumes, and what is to be recorded of the files.
  private func supply(
    _ name: ContainerName, _ root: ImageRoot, _ record: ContainerRecord
  ) throws(EngineError) -> (sources: ContainerSources, given: [ContentRecord]) {
    let plan = root.plan
    try root.checkCommand()
    var sources = ContainerSources()
    do throws(SyscallError) { sources.overlayMaker = try settings.overlayMaker() } catch {
      throw EngineError(error, "look at the state directory")
    }
    let given = try give(name, plan, record)
    sources.files = ContainerContents.paths(plan, name, files)
    try labels.labelLayers(settings.layersDirectory)
    // Under the id that has a record: what prepares a container has none.
    sources.layers = try layers(of: root, container: record.id)
    sources.images = try mountedImages(of: plan)
    sources.volumes = try volumes.give(plan, name, layers: sources.layers)
    return (sources, given)
  }

  /// Everything that it stands on, with an empty writable layer and without a process; answers what is to be recorded of
  /// its files.
  func make(
    _ name: ContainerName, plan root: ImageRoot, record: ContainerRecord
  ) throws(EngineError) -> [ContentRecord] {
    let given = try supply(name, root, record).given
    do {
      try makeDirectories(of: root.plan, name.id, isFresh: true)
    } catch {
      throw EngineError(error, "container \(name.id): make its directories")
    }
    return given
  }

  /// Its configs and secrets, made now or kept from the start before.
  private func give(
    _ name: ContainerName, _ plan: ServicePlan, _ record: ContainerRecord
  ) throws(EngineError) -> [ContentRecord] {
    func all(_ reading: ContentReading) -> ContainerContents {
      ContainerContents(files: files, reading: reading, name: name, plan: plan, ids: record.ids)
    }
    if let contents { return try all(contents).give() }
    do {
      for file in plan.files where try !files.exists(name.id, HostSettings.fileName(target: file.target)) {
        throw EngineError(
          .kernel, "container \(name.id): \(file.kind.rawValue) \(file.source) is gone; 'containr-up' makes it again")
      }
      let reading = ContentReading(desired: StackPlan(name: name.stack, file: ""), key: try files.key())
      let mounted = try all(reading).mounted()
      return record.contents.filter { $0.kind != "mount" } + mounted
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(name.id): \(error)")
    }
  }

  // MARK: sources

  private func layers(of root: ImageRoot, container: String) throws(EngineError) -> [FilePath] {
    let store = LayerStore(directory: settings.layersDirectory)
    do {
      let infos = try root.plan.layers.filter(\.isOnDisk).map { layer in
        try store.inspect(FilePath(layer.path), kind: layer.kind == .archive ? .archive : .directory)
      }
      let digests = infos.filter { $0.kind == .archive }.map(\.digest.description) + root.layers.map(\.description)
      // Nothing is collected between the record and the mount.
      let images = ImageStore(directory: settings.imagesDirectory, layers: settings.layersDirectory)
      let isHeld = try !root.layers.isEmpty || Kernel.exists(settings.imagesDirectory)
      let hold = isHeld ? try images.hold() : nil
      defer { withExtendedLifetime(hold) {} }
      try holdLayers(container, digests, root)
      try root.unpack(program: settings.program)
      var onDisk = infos[...]
      return try root.plan.layers.map { layer in
        if layer.isOnDisk, let info = onDisk.popFirst() {
          return try store.prepare(info.path, digest: info.digest, program: settings.program)
        }
        guard let digest = LayerDigest(layer.path), let path = try store.unpackedPath(digest) else {
          throw EngineError(.kernel, "container \(container): the layer \(layer.path) of its image is gone")
        }
        return path
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(container): \(error)")
    }
  }

  /// Where the layers of images that are not the root's are. They are unpacked and recorded with those.
  private func mountedImages(of plan: ServicePlan) throws(EngineError) -> [String: [FilePath]] {
    let store = LayerStore(directory: settings.layersDirectory)
    var images: [String: [FilePath]] = [:]
    for mount in plan.mounts where mount.kind == .image {
      images[mount.target] = try mount.layers.map { (text) throws(EngineError) in
        do throws(LayerError) {
          if let digest = LayerDigest(text), let path = try store.unpackedPath(digest) { return path }
        } catch {
          throw EngineError(.kernel, error.description)
        }
        throw EngineError(.kernel, "service \(plan.name): the layer \(text) of the image \(mount.source) is gone")
      }
    }
    return images
  }

  private func makeDirectories(of plan: ServicePlan, _ id: String, isFresh: Bool) throws(SyscallError) {
    try Kernel.makeDirectories(settings.mountPoint, mode: 0o711)
    try Kernel.makeDirectories(settings.containersDirectory, mode: 0o700)
    // Nobody but root comes to a set-id file of a container by its path on the host (CVE-2021-41091).
    for path in [settings.containerState(id), settings.logFile(id).removingLastComponent()] {
      try Kernel.makeDirectories(path, mode: 0o700)
    }
    for path in [settings.upper(id), settings.work(id)] { try Kernel.makeDirectories(path, mode: 0o755) }
    // The log may hold the words of former lives: from here on they are those of this one.
    if isFresh, try Kernel.exists(settings.logFile(id)) {
      try Kernel.replace(settings.logBegin(id), with: Array(LogTimestamp.text(Kernel.realTime()).utf8))
    }
    for mount in plan.mounts where mount.kind == .bind && mount.createHostPath {
      if try !Kernel.exists(FilePath(mount.source)) { try Kernel.makeDirectories(FilePath(mount.source)) }
    }
  }
}
