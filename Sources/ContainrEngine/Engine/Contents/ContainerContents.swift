// Gives a container its configs and secrets, and other contents of them while it runs.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// The contents of one container's files.
struct ContainerContents {
  let files: ContainerFiles
  let reading: ContentReading
  let name: ContainerName
  let plan: ServicePlan
  /// The first of the ids of the host that the container has as its own; 0: it has the host's.
  let ids: Int

  /// Writes all files for a start; answers what is to be recorded.
  func give() throws(EngineError) -> [ContentRecord] {
    var records: [ContentRecord] = []
    for file in plan.files { records.append(try write(file)) }
    return records + (try mounted())
  }

  /// What is to be recorded of the mounted files of a start.
  func mounted() throws(EngineError) -> [ContentRecord] {
    var records: [ContentRecord] = []
    for mount in plan.mounts where mount.kind == .bind {
      do throws(ContentReading.Failure) {
        if let record = try reading.record(of: mount, since: nil) { records.append(record) }
      } catch {
        throw EngineError(.kernel, "container \(name.id): \(mount.target): \(error)")
      }
    }
    return records
  }

  /// Where the files are, by their paths inside.
  static func paths(_ plan: ServicePlan, _ name: ContainerName, _ files: ContainerFiles) -> [String: FilePath] {
    var paths: [String: FilePath] = [:]
    for file in plan.files { paths[file.target] = files.path(name.id, HostSettings.fileName(target: file.target)) }
    return paths
  }

  /// Puts what has changed into the running container; answers what is to be recorded, and whether anything changed.
  /// `before`: the records and the flat plan that it was started from. `between` is called where a crash may strike.
  func replace(
    _ before: [ContentRecord], _ fields: [PlanField], _ runtime: Runtime, between: () -> Void
  ) throws(EngineError) -> (records: [ContentRecord], changed: Bool) {
    var records = before
    var replacements: [MountReplacement] = []
    let old = Dictionary(fields.map { ($0.path, $0.value) }) { first, _ in first }
    let new = Dictionary(plan.fields.map { ($0.path, $0.value) }) { first, _ in first }
    func put(_ record: ContentRecord) {
      records.removeAll { $0.target == record.target }
      records.append(record)
    }
    do {
      for file in plan.files {
        let known = before.first { $0.kind == file.kind.rawValue && $0.target == file.target }
        let name = HostSettings.fileName(target: file.target)
        if old[file.path] == new[file.path], try files.exists(self.name.id, name),
          try reading.record(of: file, since: known).digest == known?.digest
        {
          continue
        }
        put(try write(file))
        replacements.append(
          MountReplacement(
            source: files.path(self.name.id, name).string, target: file.target,
            file.isExecutable
              ? [.readOnly, .noSetuid, .noDevices] : [.readOnly, .noSetuid, .noDevices, .noExec]))
      }
      // Without a word on what it does, a changed mounted file is left to whoever changed it.
      if case .signal = plan.onChange {
        for mount in plan.mounts where mount.kind == .bind {
          guard let known = before.first(where: { $0.kind == "mount" && $0.target == mount.target }),
            let record = try reading.record(of: mount, since: known), record.digest != known.digest
          else { continue }
          put(record)
          // A file that was replaced by another one is not what is mounted.
          replacements.append(
            MountReplacement(source: mount.source, target: mount.target, mount.readOnly ? .readOnly : []))
        }
      }
      between()
      try runtime.replace(replacements, in: name.id)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(name.id): \(error)")
    }
    return (records.sorted { $0.target < $1.target }, !replacements.isEmpty)
  }

  /// The id of the host that one in the container is. What is made for one container is given to its ids, and is the only
  /// thing that is: a tmpfs has no idmapped mounts before Linux 6.3.
  private func hostID(_ id: UInt32) throws(EngineError) -> UInt32 {
    if ids == 0 { return id }
    guard id < SubordinateIDs.size else {
      throw EngineError(.settings, "the id \(id) is none of the \(SubordinateIDs.size) that the container has")
    }
    return UInt32(clamping: ids) + id
  }

  private func write(_ file: FilePlan) throws(EngineError) -> ContentRecord {
    do {
      let (bytes, record) = try reading.content(of: file)
      try files.write(
        name.id, HostSettings.fileName(target: file.target), bytes, uid: try hostID(file.uid),
        gid: try hostID(file.gid),
        mode: UInt32(truncatingIfNeeded: file.mode))
      return record
    } catch let error as EngineError {
      throw EngineError(
        error.kind, "container \(name.id): \(file.kind.rawValue) \(file.source): \(error.message)")
    } catch {
      throw EngineError(.kernel, "container \(name.id): \(file.kind.rawValue) \(file.source): \(error)")
    }
  }
}
