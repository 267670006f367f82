// What the rows say of volumes, for those who mount them, and what is taken off when nobody does.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

extension VolumeRecord {
  /// The options of the local driver.
  var options: [EnvironmentPlan] { pairs("driver_opts.") }
  /// Words for others.
  var labels: [EnvironmentPlan] { pairs("labels.") }

  private func pairs(_ prefix: String) -> [EnvironmentPlan] {
    PlanCoding.fields(fields).filter { $0.path.hasPrefix(prefix) }.map {
      EnvironmentPlan(name: String($0.path.dropFirst(prefix.count)), value: $0.value)
    }
  }

  /// The plan that it was made from.
  var plan: VolumePlan { VolumePlan(key: key, name: name, options: options, labels: labels) }
}

extension VolumePlan {
  /// Its row.
  func record(stack: String, createdAt: Int) -> VolumeRecord {
    VolumeRecord(name: name, key: key, stack: stack, createdAt: createdAt, fields: PlanCoding.text(fields))
  }
}

extension StackEngine {
  /// Who gives volumes to the containers of a stack, from rows and, if there is one, its plan.
  func volumeGiver(_ contents: StoreContents, stack: String, desired: StackPlan?, store: Store?) -> VolumeGiver {
    var names: [String: String] = [:]
    for volume in contents.volumes where volume.stack == stack && volume.place.isEmpty {
      names[volume.key] = volume.name
    }
    // What containers have counts more: external ones are in no row of the stack, and of a renamed one the old row stays.
    for use in contents.containers.filter({ $0.stack == stack }).flatMap(\.volumes) where !use.key.isEmpty {
      names[use.key] = use.name
    }
    for volume in desired?.volumes ?? [] { names[volume.key] = volume.name }
    var options: [String: [EnvironmentPlan]] = [:]
    for volume in contents.volumes { options[volume.name] = volume.options }
    for volume in desired?.volumes ?? [] where !volume.isExternal && options[volume.name] == nil {
      options[volume.name] = volume.options
    }
    let settings = settings
    return VolumeGiver(settings: settings, names: names, options: options) {
      (container, uses, targets) throws(EngineError) in
      // Of a restart all is recorded already.
      guard let store else { return try Self.recorded(targets, container, contents) }
      settings.failpoint?("store:volumes \(container.id):before")
      defer { settings.failpoint?("store:volumes \(container.id):after") }
      return try StackLock.withHost(settings) { () throws(EngineError) in
        do throws(StoreError) {
          // A row may have gone with its volume since the plan was made.
          let there = try store.contents()
          var names: [String: String] = [:]
          var made: [StoreWrite] = []
          for target in targets {
            if let name = VolumeGiver.inherited(container, target: target, there) {
              names[target] = name
              continue
            }
            let record = Self.anonymous(container, target: target, beside: there)
            names[target] = record.name
            made.append(.putVolume(record))
          }
          let all = uses + targets.compactMap { names[$0].map { VolumeUse(key: "", name: $0) } }
          try store.write(made + [.setVolumes(container: container.id, all)], durable: !made.isEmpty)
          return names
        } catch {
          throw EngineError(error)
        }
      }
    }
  }

  /// The row of a new one.
  private static func anonymous(
    _ container: ContainerName, target: String, beside contents: StoreContents
  ) -> VolumeRecord {
    var name = VolumeGiver.anonymousName(container)
    while contents.volumes.contains(where: { $0.name == name }) { name = VolumeGiver.anonymousName(container) }
    return VolumeRecord(
      name: name, key: target, stack: container.stack, createdAt: Int(Kernel.realTime() / 1_000_000_000),
      fields: PlanCoding.text(VolumePlan(key: target, name: name).fields), place: container.place.display)
  }

  private static func recorded(
    _ targets: [String], _ container: ContainerName, _ contents: StoreContents
  ) throws(EngineError) -> [String: String] {
    var names: [String: String] = [:]
    for target in targets {
      guard let name = VolumeGiver.inherited(container, target: target, contents) else {
        throw EngineError(.store, "container \(container.display): its volume at \(target) is not recorded")
      }
      names[target] = name
    }
    return names
  }

  /// Takes the file systems off that stand for volumes which no container has any more. Under the host's lock.
  func releaseVolumes(_ contents: StoreContents) throws(EngineError) {
    let used = Set(contents.containers.flatMap(\.volumes).map(\.name))
    for volume in contents.volumes where !used.contains(volume.name) { try unmount(volume) }
  }

  /// Whether the file system of a volume is mounted now.
  func isMounted(_ volume: VolumeRecord) throws(EngineError) -> Bool {
    do {
      return try MemoryMount.isMounted(try VolumeStore(directory: settings.volumesDirectory).path(volume.name))
    } catch {
      throw EngineError(.kernel, "volume \(volume.name): \(error)")
    }
  }

  /// Takes the file system of a volume off, if it has one of its own.
  func unmount(_ volume: VolumeRecord) throws(EngineError) {
    if volume.options.isEmpty { return }
    do {
      try MemoryMount.unmount(try VolumeStore(directory: settings.volumesDirectory).path(volume.name))
    } catch {
      throw EngineError(.kernel, "volume \(volume.name): \(error)")
    }
  }
}
