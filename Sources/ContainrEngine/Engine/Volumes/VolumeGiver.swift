// The volumes of a container on their way into it: written down, made, filled or mounted, in this order.
internal import ContainrHost
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

/// Gives volumes to containers of one stack. Usable from many threads.
struct VolumeGiver: Sendable {
  let settings: HostSettings
  /// Names on the host by key.
  let names: [String: String]
  /// Options of the local driver by name on the host.
  let options: [String: [EnvironmentPlan]]
  /// Writes down what a container is going to have; answers the names of its anonymous ones by the paths that they are
  /// mounted on.
  let record: @Sendable (ContainerName, [VolumeUse], _ anonymous: [String]) throws(EngineError) -> [String: String]

  private var store: VolumeStore { VolumeStore(directory: settings.volumesDirectory) }

  /// The anonymous volume that a container has from its former life; nil: there was none, and what earlier containers of
  /// its name had is not its own.
  static func inherited(_ container: ContainerName, target: String, _ contents: StoreContents) -> String? {
    let place = container.place
    let there = Set(contents.containers.filter { $0.name.place == place }.flatMap(\.volumes).map(\.name))
    return contents.volumes.first { $0.key == target && $0.place == place.display && there.contains($0.name) }?.name
  }

  /// A name that no volume has or had.
  static func anonymousName(_ container: ContainerName) -> String {
    let number = String(UInt64.random(in: 0..<1 << 48), radix: 16)
    return "\(container.place.display).\(String(repeating: "0", count: 12 - number.count))\(number)"
  }

  /// The directories to mount, by the key of each volume. `layers`: of the root file system, lowest first.
  func give(_ plan: ServicePlan, _ container: ContainerName, layers: [FilePath]) throws(EngineError) -> [String:
    FilePath]
  {
    let mounts = plan.mounts.filter { $0.kind == .volume }
    if mounts.isEmpty { return [:] }
    let uses = try mounts.filter { !$0.isAnonymous }.map { (mount) throws(EngineError) in
      if let name = names[mount.source] { return VolumeUse(key: mount.source, name: name) }
      throw EngineError(.store, "service \(plan.name): volume \(mount.source) is not recorded")
    }
    let anonymous = try record(container, uses, mounts.filter(\.isAnonymous).map(\.target))
    var paths: [String: FilePath] = [:]
    for mount in mounts {
      guard let name = mount.isAnonymous ? anonymous[mount.target] : names[mount.source] else { continue }
      paths[mount.volumeKey] = try directory(name, for: mount, layers)
    }
    return paths
  }

  private func directory(_ name: String, for mount: ContainrSpec.MountPlan, _ layers: [FilePath]) throws(EngineError)
    -> FilePath
  {
    let local = try Self.local(options[name] ?? [], of: name)
    if let local, local.isBind { return try Self.bound(local, name) }
    do throws(VolumeError) {
      let path = try store.create(name)
      let lock = SharedFD(try store.lock(name))
      defer { withExtendedLifetime(lock) {} }
      if let local {
        try mountOnce(local, on: path, name)
      } else if try store.isFresh(name) {
        settings.failpoint?("volume \(name):before")
        try begin(name, mount, layers)
        settings.failpoint?("volume \(name):after")
      }
      return path
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  static func local(_ options: [EnvironmentPlan], of name: String) throws(EngineError) -> LocalVolume? {
    do throws(LocalVolumeProblem) { return try LocalVolume(options) } catch {
      throw EngineError(.settings, "volume \(name): \(error)")
    }
  }

  private static func bound(_ local: LocalVolume, _ name: String) throws(EngineError) -> FilePath {
    let path = FilePath(local.device)
    do throws(SyscallError) {
      if try Kernel.status(of: path).isDirectory { return path }
    } catch {
      throw EngineError(error, "volume \(name): look at its device")
    }
    throw EngineError(.kernel, "volume \(name): its device \(path) is not a directory")
  }

  /// What the root file system holds at the target is what a new volume begins with.
  private func begin(_ name: String, _ mount: ContainrSpec.MountPlan, _ layers: [FilePath]) throws(VolumeError) {
    if mount.noCopy == true || layers.isEmpty { return try store.begin(name, fill: nil) }
    try store.begin(name) { (target) throws(SyscallError) in
      let view = try LayersView(layers, maker: try settings.overlayMaker())
      guard let source = try view.open(FilePath(mount.target)) else { return }
      try TreeCopy.copy(from: source, into: target, describing: true)
      settings.failpoint?("volume \(name):copied")
    }
  }

  private func mountOnce(_ local: LocalVolume, on path: FilePath, _ name: String) throws(VolumeError) {
    do {
      if try MemoryMount.isMounted(path) { return }
      try VolumeMount.mount(try Self.request(local, on: path, resolve: HostAddress.resolve), on: path)
    } catch {
      throw .mount(volume: name, "\(error)")
    }
  }

  /// What is mounted for these options; `resolve` gives the address of a host's name, as the kernel knows no names.
  static func request(
    _ local: LocalVolume, on path: FilePath, resolve: (String) throws -> String
  ) throws -> OCIMount {
    let isRemote = local.type.hasPrefix("nfs") || local.type == "cifs"
    let words = try local.words.map { word in
      guard isRemote, word.hasPrefix("addr=") else { return word }
      return "addr=" + (try resolve(String(word.dropFirst(5))))
    }
    return OCIMount(destination: path.string, type: local.type, source: local.device, options: words)
  }
}
