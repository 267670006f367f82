// What the store has of the images that a plan asks for. Reads only, each image once a look.
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

/// Looks for images.
final class ImageLook: Sendable {
  let store: ImageStore
  private let known = Mutex<[ImagePlan: Result<StoredImage?, ImageFault>]>([:])
  private let layouts = Mutex<[LayerPlan: Result<StoredImage, ImageFault>]>([:])

  init(_ settings: HostSettings) {
    store = ImageStore(directory: settings.imagesDirectory, layers: settings.layersDirectory)
  }

  /// nil: it is not here.
  func image(_ plan: ImagePlan) throws(ImageFault) -> StoredImage? {
    if let result = known.withLock({ $0[plan] }) { return try result.get() }
    let result: Result<StoredImage?, ImageFault>
    do throws(ImageFault) { result = .success(try find(plan)) } catch { result = .failure(error) }
    known.withLock { $0[plan] = result }
    return try result.get()
  }

  private func find(_ plan: ImagePlan) throws(ImageFault) -> StoredImage? {
    let (reference, platform) = try Self.reference(plan)
    do {
      if let image = try store.image(reference, platform: platform) {
        if let fault = Self.misfit(image, platform) { throw ImageFault(.platform, fault) }
        return image
      }
      // By the digest of its own manifest, as it is recorded of containers.
      guard let digest = reference.digest, try store.blobs.contains(digest) else { return nil }
      let descriptor = Descriptor(mediaType: "", digest: digest, size: try store.blobs.size(digest))
      return try store.image(descriptor, name: reference.familiar, platform: platform)
    } catch let error as ImageFault {
      throw error
    } catch let error as ImageError {
      if case .noPlatform = error { throw ImageFault(.platform, error.description) }
      // Of an index another platform's image is here: what is missing comes with a pull.
      if case .damaged(let digest, _) = error, (try? store.blobs.contains(digest)) == false { return nil }
      throw ImageFault(.store, error.description)
    } catch {
      throw ImageFault(.store, "\(error)")
    }
  }

  /// A manifest without an index may be of any platform.
  private static func misfit(_ image: StoredImage, _ wanted: Platform) -> String? {
    if wanted.accepts(image.config.platform) { return nil }
    return "\(image.name) is for \(image.config.platform), not for \(wanted)"
  }

  /// What a plan asks for, in full. The lock file's digest wins over the tag.
  static func reference(_ plan: ImagePlan) throws(ImageFault) -> (ImageReference, Platform) {
    var reference: ImageReference
    do throws(ImageReferenceError) { reference = try ImageReference(plan.reference) } catch {
      throw ImageFault(.reference, error.description)
    }
    if let text = plan.digest {
      guard let digest = Digest(text) else { throw ImageFault(.reference, "'\(text)' is no digest") }
      reference.digest = digest
    }
    guard let text = plan.platform else { return (reference, .host) }
    guard let platform = Platform(text) else {
      throw ImageFault(.platform, "'\(text)' is no platform: write linux/amd64 or linux/arm64/v8")
    }
    return (reference, platform)
  }

  /// An image of an OCI layout of the host, which is read where it is.
  func layout(_ layer: LayerPlan, platform: String?) throws(ImageFault) -> StoredImage {
    if let result = layouts.withLock({ $0[layer] }) { return try result.get() }
    let result: Result<StoredImage, ImageFault>
    do throws(ImageFault) { result = .success(try read(layer, platform)) } catch { result = .failure(error) }
    layouts.withLock { $0[layer] = result }
    return try result.get()
  }

  private func read(_ layer: LayerPlan, _ platform: String?) throws(ImageFault) -> StoredImage {
    let there = layoutStore(layer)
    do {
      let entries = try there.entries()
      func name(_ entry: ImageEntry) -> String? { entry.descriptor.annotations[ImageStore.referenceAnnotation] }
      let fitting = layer.name.map { wanted in entries.filter { name($0) == wanted } } ?? entries
      guard let entry = fitting.first else {
        let names = entries.compactMap(name).sorted()
        throw ImageFault(
          .missing,
          entries.isEmpty
            ? "\(layer.path) is no OCI layout, or an empty one"
            : "\(layer.path) has no image \(layer.name ?? ""): there is \(names.joined(separator: ", "))")
      }
      if fitting.count > 1, layer.name == nil {
        throw ImageFault(
          .missing, "\(layer.path) has several images: \(entries.compactMap(name).sorted().joined(separator: ", "))")
      }
      let wanted = platform.flatMap { Platform($0) } ?? .host
      let image = try there.image(entry.descriptor, name: layer.text, platform: wanted)
      if let fault = Self.misfit(image, wanted) { throw ImageFault(.platform, fault) }
      return image
    } catch let error as ImageFault {
      throw error
    } catch let error as ImageError {
      if case .noPlatform = error { throw ImageFault(.platform, error.description) }
      throw ImageFault(.store, error.description)
    } catch {
      throw ImageFault(.store, "\(error)")
    }
  }

  /// The layout as a store whose unpacked layers are ours.
  func layoutStore(_ layer: LayerPlan) -> ImageStore {
    ImageStore(directory: FilePath(layer.path), layers: store.layerStore.directory)
  }

  /// The manifests that a service stands on, in the order of its images; nil: one of them is not here, or its service
  /// has none.
  func digests(of plan: ServicePlan) -> String? {
    var digests: [String] = []
    do throws(ImageFault) {
      for part in plan.imageParts {
        switch part {
        case .image(let image), .mounted(let image, _):
          guard let found = try self.image(image) else { return nil }
          digests.append(found.manifestDescriptor.digest.description)
        case .layout(let layer):
          digests.append(
            try layout(layer, platform: plan.image?.platform ?? plan.platform).manifestDescriptor.digest.description)
        }
      }
    } catch {
      // It is told before anything starts.
      return nil
    }
    return digests.isEmpty ? nil : digests.joined(separator: " ")
  }
}

/// Why an image cannot be used.
struct ImageFault: Error, Hashable {
  enum Kind: Hashable { case reference, platform, missing, store }
  var kind: Kind
  var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension ServicePlan {
  /// What stands for the layers of an image.
  enum ImagePart {
    case image(ImagePlan)
    case layout(LayerPlan)
    /// Not in the root, but at a path.
    case mounted(ImagePlan, target: String)

    /// nil: it is of a layout.
    var reference: String? {
      switch self {
      case .image(let image), .mounted(let image, _): image.reference
      case .layout: nil
      }
    }
  }

  /// Images and layouts: the image first, then those of the layers, then those that are mounted.
  var imageParts: [ImagePart] {
    var named = images[...]
    var parts: [ImagePart] = []
    if image != nil, let first = named.popFirst() { parts.append(.image(first)) }
    for layer in layers {
      switch layer.kind {
      case .image: if let next = named.popFirst() { parts.append(.image(next)) }
      case .layout: parts.append(.layout(layer))
      case .directory, .archive, .unpacked: continue
      }
    }
    for mount in mounts where mount.kind == .image {
      if let next = named.popFirst() { parts.append(.mounted(next, target: mount.target)) }
    }
    return parts
  }
}
