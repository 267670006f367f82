// Volumes by name, for people: what there is, who has it, making and removing. Whoever has one keeps it.
public import ContainrHost
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

/// One volume of this host.
public struct VolumeStatus: Sendable, Hashable {
  /// Its name on the host.
  public var name: String
  /// The stack that made it; nil: it was made by hand.
  public var stack: String?
  /// Its key in the stack's file.
  public var key: String?
  /// It has no name that anybody chose.
  public var isAnonymous: Bool
  /// Seconds since 1970; nil: nobody wrote it down.
  public var createdAt: Int?
  /// Options of the local driver, sorted by name.
  public var options: [EnvironmentPlan]
  /// Sorted by name.
  public var labels: [EnvironmentPlan]
  /// Where its data is.
  public var mountpoint: String
  /// The containers that have it, running or not, sorted.
  public var users: [String]
}

/// A volume is not removed or not made.
public enum VolumeRefusal: Sendable, Hashable {
  /// These containers have it.
  case inUse([String])
  case missing
}

extension StackEngine {
  /// The label that marks a volume without a name of its own, as in Docker.
  public static let anonymousLabel = "com.docker.volume.anonymous"

  /// All volumes, sorted by name.
  public func volumes() throws(EngineError) -> [VolumeStatus] {
    let contents = try contents()
    let store = VolumeStore(directory: settings.volumesDirectory)
    let there: [String]
    do { there = try store.list() } catch { throw EngineError(.kernel, error.description) }
    let recorded = Dictionary(contents.volumes.map { ($0.name, $0) }) { first, _ in first }
    return try Set(there).union(recorded.keys).sorted().map { (name) throws(EngineError) in
      try status(name, recorded[name], contents)
    }
  }

  private func status(
    _ name: String, _ record: VolumeRecord?, _ contents: StoreContents
  ) throws(EngineError) -> VolumeStatus {
    let options = record?.options ?? []
    let path: String
    if let local = try VolumeGiver.local(options, of: name), local.isBind {
      path = local.device
    } else {
      do { path = try VolumeStore(directory: settings.volumesDirectory).path(name).string } catch {
        throw EngineError(.kernel, error.description)
      }
    }
    var labels = record?.labels ?? []
    let isAnonymous = record?.place.isEmpty == false || labels.contains { $0.name == Self.anonymousLabel }
    if let record, !record.stack.isEmpty {
      labels.append(EnvironmentPlan(name: "com.docker.compose.project", value: record.stack))
      if record.place.isEmpty { labels.append(EnvironmentPlan(name: "com.docker.compose.volume", value: record.key)) }
    }
    labels.sort { $0.name < $1.name }
    return VolumeStatus(
      name: name, stack: record.flatMap { $0.stack.isEmpty ? nil : $0.stack },
      key: record.flatMap { $0.stack.isEmpty ? nil : $0.key }, isAnonymous: isAnonymous,
      createdAt: record?.createdAt, options: options, labels: labels, mountpoint: path,
      users: Self.users(of: name, contents))
  }

  /// The names of the containers that have a volume.
  static func users(of name: String, _ contents: StoreContents) -> [String] {
    contents.containers.filter { container in
      container.volumes.contains { $0.name == name } || mayHave(container, name, contents)
    }.map(\.name.display).sorted()
  }

  /// A container of an earlier release, of which nobody wrote down what it has: by the keys of its plan.
  private static func mayHave(_ container: ContainerRecord, _ name: String, _ contents: StoreContents) -> Bool {
    guard container.volumes.isEmpty else { return false }
    let own = contents.volumes.filter { $0.stack == container.stack }
    return PlanCoding.fields(container.fields).contains { field in
      guard field.path.hasPrefix("volumes."), field.value.hasPrefix("volume:") else { return false }
      let key = field.value.dropFirst(7).prefix { $0 != "," }
      return own.first { $0.key == key }?.name == name || key == name
    }
  }

  /// Makes a volume; without a name it gets one that nobody has. One that is there already stays as it is, if it has the
  /// same options.
  public func createVolume(
    _ name: String?, options: [EnvironmentPlan], labels: [EnvironmentPlan]
  ) throws(EngineError) -> String {
    var labels = labels
    if name == nil { labels.append(EnvironmentPlan(name: Self.anonymousLabel, value: "")) }
    let chosen: String
    if let name { chosen = name } else { chosen = try Self.randomName() }
    let plan = VolumePlan(
      key: "", name: chosen, options: options.sorted { $0.name < $1.name }, labels: labels.sorted { $0.name < $1.name })
    _ = try VolumeGiver.local(plan.options, of: chosen)
    let volumes = VolumeStore(directory: settings.volumesDirectory)
    do { _ = try volumes.path(chosen) } catch { throw EngineError(.settings, error.description) }
    try changing { (store, contents) throws(EngineError) in
      if let there = contents.volumes.first(where: { $0.name == chosen }) {
        if there.options == plan.options { return }
        throw EngineError(
          .settings, "there is a volume \(chosen) already, and it has other options; 'containr volume rm' removes it")
      }
      do throws(StoreError) {
        try store.write(
          [.putVolume(plan.record(stack: "", createdAt: Int(Kernel.realTime() / 1_000_000_000)))], durable: true)
      } catch {
        throw EngineError(error)
      }
      do throws(VolumeError) { try volumes.create(chosen) } catch { throw EngineError(.kernel, error.description) }
    }
    return chosen
  }

  /// Removes a volume and its data; nil if it is gone. What is mounted from elsewhere is only taken off.
  public func removeVolume(_ name: String) throws(EngineError) -> VolumeRefusal? {
    let volumes = VolumeStore(directory: settings.volumesDirectory)
    let isThere: Bool
    do { isThere = try volumes.exists(name) } catch { throw EngineError(.settings, error.description) }
    let stack = try contents().volumes.first { $0.name == name }?.stack ?? ""
    // A command that starts its containers holds this.
    if !stack.isEmpty {
      let lock = try lockStack(stack)
      let refusal = try removeUnlocked(name, volumes, isThere)
      lock.release()
      return refusal
    }
    return try removeUnlocked(name, volumes, isThere)
  }

  private func removeUnlocked(
    _ name: String, _ volumes: VolumeStore, _ isThere: Bool
  ) throws(EngineError) -> VolumeRefusal? {
    var refusal: VolumeRefusal?
    try changing { (store, contents) throws(EngineError) in
      let record = contents.volumes.first { $0.name == name }
      if record == nil && !isThere {
        refusal = .missing
        return
      }
      let users = Self.users(of: name, contents)
      if !users.isEmpty {
        refusal = .inUse(users)
        return
      }
      if let record { try unmount(record) }
      do throws(VolumeError) { try volumes.remove(name) } catch { throw EngineError(.kernel, error.description) }
      do throws(StoreError) { try store.write([.removeVolume(name)]) } catch { throw EngineError(error) }
    }
    return refusal
  }

  /// Bytes of the files of a volume of ours; 0 for what is mounted from elsewhere.
  public func volumeSize(_ volume: VolumeStatus) throws(EngineError) -> UInt64 {
    if !volume.options.isEmpty { return 0 }
    do { return try VolumeStore(directory: settings.volumesDirectory).size(volume.name) } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// Under the host's lock, with the store open. With nothing left in it the store goes as well.
  func changing(
    _ body: (Store, StoreContents) throws(EngineError) -> Void
  ) throws(EngineError) {
    let settings = settings
    try StackLock.withHost(settings) { () throws(EngineError) in
      let store: Store
      let contents: StoreContents
      do {
        try OwnDirectories.ensure(settings.stateDirectory)
        store = try Store(directory: settings.stateDirectory)
        contents = try store.contents()
      } catch let error as StoreError {
        throw EngineError(error)
      } catch {
        throw EngineError(.kernel, "open the store: \(error)")
      }
      defer { store.close() }
      try body(store, contents)
    }
    StackLock.sweep(settings)
  }

  private static func randomName() throws(EngineError) -> String {
    do throws(SyscallError) {
      let file = try Kernel.open("/dev/urandom")
      var bytes = [UInt8](repeating: 0, count: 32)
      guard try Kernel.read(file.raw, into: &bytes) == 32 else {
        throw SyscallError(errno: 5, operation: "read", path: "/dev/urandom")
      }
      return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    } catch {
      throw EngineError(error, "choose a name")
    }
  }
}
