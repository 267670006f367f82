// Images of a stack: what is here of them, fetching, and what is kept for containers.
public import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// The images on this host.
  var imageStore: ImageStore { ImageStore(directory: settings.imagesDirectory, layers: settings.layersDirectory) }

  /// What is here of the images that a plan asks for, each once.
  func observeImages(_ desired: StackPlan, _ look: ImageLook) throws(EngineError) -> [ObservedImage] {
    var seen: Set<ImagePlan> = []
    var images: [ObservedImage] = []
    for plan in desired.services.flatMap(\.images) where seen.insert(plan).inserted {
      do {
        guard let image = try look.image(plan) else {
          images.append(ObservedImage(plan: plan, digest: nil))
          continue
        }
        var observed = ObservedImage(plan: plan, digest: image.manifestDescriptor.digest.description)
        observed.isUnpacked = try look.store.unpackedLayers(of: image) != nil
        let now = Int64(Kernel.realTime() / 1_000_000_000)
        observed.age = Int(clamping: max(0, now - (try look.store.fetched(image.target.digest) ?? 0)))
        images.append(observed)
      } catch let error as ImageFault {
        // Of another platform: fetched, it would be another one. Everything else preflight tells.
        if error.kind == .platform { images.append(ObservedImage(plan: plan, digest: nil)) }
      } catch {
        throw EngineError(.kernel, "\(error)")
      }
    }
    return images
  }

  /// What a container's images are by now; nil where nothing says that it is another one than it runs.
  func changedImage(
    _ record: ContainerRecord, _ fields: [PlanField], _ plan: ServicePlan, _ look: ImageLook
  ) -> ObservedDrift? {
    guard !record.image.isEmpty, let now = look.digests(of: plan), now != record.image else { return nil }
    func value(_ path: String) -> String? { fields.first { $0.path == path }?.value }
    let wanted = plan.fields
    // Another name is a changed field.
    let mounts = plan.mounts.filter { $0.kind == .image }.map { "volumes.\($0.target)" }
    for path in ["image", "layers", "platform"] + mounts
    where value(path) != wanted.first(where: { $0.path == path })?.value {
      return nil
    }
    let (old, new) = (record.image.split(separator: " "), now.split(separator: " "))
    let index = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
    let names = plan.imageParts.map { part in
      switch part {
      case .image(let image), .mounted(let image, _): image.reference
      case .layout(let layer): layer.text
      }
    }
    func short(_ digests: [Substring]) -> String { index < digests.count ? String(digests[index].prefix(19)) : "none" }
    return ObservedDrift(
      what: "image \(index < names.count ? names[index] : "")", expected: short(new), actual: short(old),
      repairable: false)
  }

  /// The images that the containers of a stack run, as their plans name them, sorted.
  public func images(of stack: String) throws(EngineError) -> [String] {
    var names: Set<String> = []
    for record in try contents().containers where record.stack == stack && !record.image.isEmpty {
      names.formUnion(try PlanCoding.plan(record.plan).images.map(\.reference))
    }
    return names.sorted()
  }

  /// Takes names of images away, and what nothing leads to any more; answers those that containers still use, and which.
  public func removeImages(_ names: [String]) throws(EngineError) -> [(image: String, users: [String])] {
    var kept: [(image: String, users: [String])] = []
    let store = imageStore
    do {
      let uses = try imageUses()
      for name in names {
        guard let reference = try? ImageReference(name), let image = try? store.image(reference) else { continue }
        if let users = uses.containers[image.manifestDescriptor.digest] {
          kept.append((name, users.sorted()))
          continue
        }
        try store.untag(reference)
        if try !store.entries().contains(where: { $0.descriptor.digest == image.target.digest && $0.reference != nil })
        {
          try store.forget(image.target.digest)
        }
      }
      _ = try store.collect(.none, wait: true) { try imageUses().kept }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
    return kept
  }

  /// The digest that a lock file has of an image: of what its reference stands for here, whatever the platform.
  public func lockDigest(_ plan: ImagePlan) throws(EngineError) -> String {
    do {
      let (reference, _) = try ImageLook.reference(plan)
      if let digest = reference.digest { return digest.description }
      if let target = try imageStore.target(reference) { return target.digest.description }
    } catch let error as ImageFault {
      throw EngineError(.settings, error.message)
    } catch {
      throw EngineError(.settings, "\(error)")
    }
    throw EngineError(
      .settings,
      "the image \(plan.reference) is not here, so that its digest is not known; 'containr image pull' brings it")
  }
}

extension ChangeRunner {
  /// Fetches, if that is asked for, and unpacks.
  func pullImage(
    _ reference: String, _ platform: String?, fetches: Bool,
    _ advance: @escaping @Sendable (Int64, Int64) -> Void
  ) throws(EngineError) {
    let all = desired?.services.flatMap(\.images) ?? []
    guard let plan = all.first(where: { $0.reference == reference && $0.platform == platform }) else {
      throw EngineError(.store, "no service asks for the image \(reference)")
    }
    if fetches { try engine.fetch(plan, advance) }
    let look = ImageLook(settings)
    do {
      guard let image = try look.image(plan) else {
        throw EngineError(.kernel, "the image \(reference) is not here")
      }
      let hold = try look.store.hold()
      let total = image.layers.reduce(Int64(0)) { $0 + $1.blob.size }
      var done: Int64 = 0
      for layer in image.layers {
        try look.store.unpack(layer, program: settings.program) { now, _ in advance(done + now, total) }
        done += layer.blob.size
      }
      _ = consume hold
    } catch let error as EngineError {
      throw error
    } catch let error as ImageFault {
      throw EngineError(.kernel, error.message)
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
  }
}
