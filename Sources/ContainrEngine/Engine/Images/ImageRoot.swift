// A service's plan with what its images say and the directories of their layers: what a container of it is made from.
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// The plan that a container really runs.
struct ImageRoot: Sendable {
  /// With the image's config, and single layers in place of images.
  var plan: ServicePlan
  /// Manifests of its images, as they are recorded; empty: it has none.
  var digest: String
  /// Layers of its images, as the layer store has them.
  var layers: [LayerDigest]
  /// The layers with the store that has their blobs, lowest first.
  fileprivate var parts: [(store: ImageStore, layer: ImageLayer)]

  /// Looks only. One that has no images comes out as it is.
  init(_ plan: ServicePlan, _ look: ImageLook) throws(EngineError) {
    self.plan = plan
    digest = ""
    layers = []
    parts = []
    var named = plan.imageParts[...]
    if named.isEmpty { return }
    var digests: [String] = []
    var expanded: [LayerPlan] = []
    func take(_ image: StoredImage, _ store: ImageStore) -> [String] {
      digests.append(image.manifestDescriptor.digest.description)
      let own = look.store.layerDigests(of: image)
      layers += own
      parts += image.layers.map { (store, $0) }
      return own.map(\.description)
    }
    func add(_ image: StoredImage, _ store: ImageStore) {
      expanded += take(image, store).map { LayerPlan(path: $0, kind: .unpacked) }
    }
    do throws(ImageFault) {
      if plan.image != nil, case .image(let image)? = named.popFirst() {
        let found = try Self.found(image, look)
        self.plan = ImageMerge.merged(plan, found.config.execution)
        add(found, look.store)
      }
      for layer in plan.layers {
        guard !layer.isOnDisk else {
          expanded.append(layer)
          continue
        }
        switch named.popFirst() {
        case .image(let image): add(try Self.found(image, look), look.store)
        case .layout(let layout):
          add(try look.layout(layout, platform: plan.image?.platform ?? plan.platform), look.layoutStore(layout))
        case .mounted, nil: expanded.append(layer)
        }
      }
      for part in named {
        guard case .mounted(let image, let target) = part else { continue }
        let own = take(try Self.found(image, look), look.store)
        for index in self.plan.mounts.indices where self.plan.mounts[index].target == target {
          self.plan.mounts[index].layers = own
        }
      }
    } catch {
      throw EngineError(.kernel, "service \(plan.name): \(error.message)")
    }
    self.plan.layers = expanded
    forgetImage()
    digest = digests.joined(separator: " ")
  }

  /// All that the image says is in the plan: from here on nothing is left to it.
  private mutating func forgetImage() {
    (plan.image, plan.platform, plan.pullPolicy) = (nil, nil, nil)
  }

  /// The image may be the first to say, and may say nothing.
  func checkCommand() throws(EngineError) {
    guard plan.entrypoint.isEmpty, plan.command.isEmpty else { return }
    throw EngineError(.settings, "service \(plan.name): neither the stack file nor its image says a command")
  }

  /// One that keeps the layers and the image of a container that is there.
  init(_ plan: ServicePlan, keeping there: ContainerRecord, _ look: ImageLook) throws(EngineError) {
    let before = try there.runningPlan()
    self.plan = plan
    digest = there.image
    layers = []
    parts = []
    if var image = plan.image {
      image.digest = there.image.split(separator: " ").first.map(String.init)
      do throws(ImageFault) {
        self.plan = ImageMerge.merged(plan, try Self.found(image, look).config.execution)
      } catch {
        throw EngineError(.kernel, "service \(plan.name): \(error.message)")
      }
    }
    self.plan.layers = before.layers
    for index in self.plan.mounts.indices where self.plan.mounts[index].kind == .image {
      let target = self.plan.mounts[index].target
      self.plan.mounts[index].layers = before.mounts.first { $0.target == target }?.layers ?? []
    }
    forgetImage()
    layers = self.plan.unpackedLayers
  }

  /// One that is started again as it was.
  init(restarting record: ContainerRecord) throws(EngineError) {
    plan = try record.runningPlan()
    digest = record.image
    layers = plan.unpackedLayers
    parts = []
  }

  private static func found(_ plan: ImagePlan, _ look: ImageLook) throws(ImageFault) -> StoredImage {
    if let image = try look.image(plan) { return image }
    throw ImageFault(.missing, "the image \(plan.reference) is not here")
  }

  /// Unpacks what is not unpacked yet. Their layers are recorded, so that nobody removes them.
  func unpack(program: FilePath, progress: (Int64, Int64) -> Void = { _, _ in }) throws(EngineError) {
    let total = parts.reduce(Int64(0)) { $0 + $1.layer.blob.size }
    var done: Int64 = 0
    for part in parts {
      do throws(ImageError) {
        try part.store.unpack(part.layer, program: program) { now, _ in progress(done + now, total) }
      } catch {
        throw EngineError(.kernel, "service \(plan.name): \(error)")
      }
      done += part.layer.blob.size
    }
  }
}

extension ServicePlan {
  /// The layers of images that it stands on, or that are mounted.
  fileprivate var unpackedLayers: [LayerDigest] {
    (layers.filter { $0.kind == .unpacked }.map(\.path) + mounts.flatMap(\.layers)).compactMap { LayerDigest($0) }
  }
}

extension ContainerRecord {
  /// The plan that its process runs.
  func runningPlan() throws(EngineError) -> ServicePlan { try PlanCoding.plan(merged.isEmpty ? plan : merged) }

  /// The plan of the file with the images that came of it then, whatever their names lead to by now.
  func planWithItsImages() throws(EngineError) -> ServicePlan {
    var plan = try PlanCoding.plan(plan)
    var digests = image.split(separator: " ").map(String.init)[...]
    if plan.image != nil { plan.image?.digest = digests.popFirst() }
    for index in plan.layers.indices where !plan.layers[index].isOnDisk {
      let digest = digests.popFirst()
      if plan.layers[index].kind == .image { plan.layers[index].digest = digest }
    }
    for index in plan.mounts.indices where plan.mounts[index].kind == .image {
      plan.mounts[index].digest = digests.popFirst()
    }
    return plan
  }

  /// The fields of that plan.
  func runningFields() throws(EngineError) -> [PlanField] {
    merged.isEmpty ? PlanCoding.fields(fields) : try PlanCoding.plan(merged).fields
  }
}
