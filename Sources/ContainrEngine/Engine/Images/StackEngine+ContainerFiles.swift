// The files of a container as one tree: out as a tar, and as a layer of a new image. A container that runs is looked at as it
// is at one moment or another.
internal import ContainrCgroups
internal import ContainrHost
public import ContainrImageSpec
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// What is asked of a commit.
public struct CommitOptions: Sendable {
  /// What the image is called; nil: it has only its ID.
  public var reference: ImageReference?
  /// Who made it.
  public var author: String?
  /// Why.
  public var message: String?
  /// Instructions of a Dockerfile, applied at the end.
  public var changes: [String] = []
  /// The container stands still meanwhile, if it runs.
  public var pauses = true

  /// Nothing said.
  public init() {}
}

/// A new image.
public struct CommittedImage: Sendable {
  /// The digest of its config.
  public var id: Digest
  /// What no layer can hold, one line each.
  public var omitted: [String]
}

extension StackEngine {
  /// The record of a container by its name as `ps` shows it, or by its ID.
  func record(named name: String) throws(EngineError) -> ContainerRecord {
    let all = try contents().containers.filter { $0.id == name || $0.name.display == name }
    // While one takes over from another both have the name: the one that serves is meant.
    guard let record = all.first(where: { $0.role == .serving }) ?? all.first else {
      throw EngineError(.unknownContainer, "there is no container \(name)")
    }
    return record
  }

  /// Writes the root file system of a container as a tar, without what is mounted into it; answers what is left out.
  public func exportContainer(
    _ name: String, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [String] {
    let record = try record(named: name)
    let plan = try record.runningPlan()
    let layers = try layerDirectories(record, plan, all: true)
    let root = try LayersView(layers.reversed(), maker: try settings.overlayMaker()).release()
    return try LayerPacker.pack(root.raw, as: .tree, owners: owners(of: record), take: take).omitted
  }

  /// Makes an image of a container's layers and of what it has written.
  public func commit(_ name: String, _ options: CommitOptions) throws -> CommittedImage {
    let record = try record(named: name)
    let plan = try record.runningPlan()
    let store = imageStore
    let hold = try store.hold()
    let base = try baseImage(record)
    let known = Dictionary((base?.layers ?? []).map { ($0.diffID.hex, $0) }) { first, _ in first }
    var layers: [ImageLayer] = []
    var omitted: Set<String> = []
    // The topmost directory is the container's own.
    let directories = try layerDirectories(record, plan, all: true)
    for directory in directories.dropFirst().reversed() {
      if let layer = known[directory.lastComponent?.string ?? ""] {
        layers.append(layer)
        continue
      }
      let opened = try Kernel.open(directory, [.readOnly, .directory])
      let (layer, report) = try store.addLayer(packing: opened.raw, as: .layer)
      layers.append(layer)
      omitted.formUnion(report.omitted)
    }
    let upper = try Kernel.open(directories[0], [.readOnly, .directory])
    // Only what is written while it runs needs it to stand still.
    let packed: (layer: ImageLayer, report: LayerPacker.Report)
    let frozen = options.pauses ? try freeze(record) : nil
    do { packed = try store.addLayer(packing: upper.raw, as: .layer, owners: owners(of: record)) } catch {
      frozen?.end()
      throw error
    }
    frozen?.end()
    let (layer, report) = packed
    omitted.formUnion(report.omitted)
    layers.append(layer)

    var config = base?.config ?? ImageConfig()
    let now = UTCTime.text(Int(Kernel.realTime() / 1_000_000_000))
    config.created = now
    if let author = options.author { config.author = author }
    // Steps of the base count only if all of its layers are there.
    if layers.count - 1 != base?.layers.count { config.history = [] }
    var step = ImageHistory(created: now, createdBy: "containr commit \(name)", comment: options.message)
    step.author = options.author
    config.history.append(step)
    config.execution = try Self.execution(plan, over: config.execution, options.changes)
    let target = try store.addImage(config, layers: layers)
    for layer in layers { try store.unpack(layer, program: settings.program) }
    if let reference = options.reference { try store.tag(reference, target) } else { try store.keep(target) }
    let image = try store.present(target, name: options.reference?.familiar ?? name)
    _ = consume hold
    return CommittedImage(id: image.id, omitted: omitted.sorted())
  }

  /// What the container runs, as a new image's containers are to run it.
  private static func execution(
    _ plan: ServicePlan, over base: ImageExecution, _ changes: [String]
  ) throws -> ImageExecution {
    var execution = base
    execution.entrypoint = plan.entrypoint.isEmpty ? nil : plan.entrypoint
    execution.command = plan.command.isEmpty ? nil : plan.command
    execution.environment = plan.environment.map { "\($0.name)=\($0.value)" }
    execution.user = plan.user
    execution.workingDirectory = plan.workingDirectory == "/" ? nil : plan.workingDirectory
    execution.stopSignal = plan.stopSignal == "SIGTERM" ? nil : plan.stopSignal
    for change in changes {
      do { try execution.apply(change) } catch { throw EngineError(.settings, "--change: \(error)") }
    }
    return execution
  }

  /// The image whose layers are the container's lowest; nil: it has none, but perhaps those of others above or beside.
  private func baseImage(_ record: ContainerRecord) throws -> StoredImage? {
    guard try PlanCoding.plan(record.plan).image != nil,
      let digest = record.image.split(separator: " ").first.flatMap({ Digest(String($0)) })
    else { return nil }
    let store = imageStore
    guard try store.blobs.contains(digest) else { return nil }
    let descriptor = Descriptor(mediaType: "", digest: digest, size: try store.blobs.size(digest))
    return try store.present(descriptor, name: digest.description)
  }

  /// Files that a container with ids of its own has written are its root's.
  func owners(of record: ContainerRecord) -> LayerPacker.Owners {
    record.ids == 0 ? .kept : .shifted(UInt32(record.ids))
  }
}
