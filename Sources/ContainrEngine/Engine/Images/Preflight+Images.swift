// Preflight of images: references that name one, platforms that there are, images that have to be here. Reads only.
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  /// Services of which something is made: what is only started again has its layers.
  private var made: Set<String> {
    Set(
      changeset.changes.compactMap { change -> String? in
        switch change.action {
        case .createContainer(let name), .makeContainer(let name): name.service
        default: nil
        }
      })
  }

  mutating func checkImages(of service: ServicePlan) {
    guard made.contains(service.name) else { return }
    for part in service.imageParts {
      switch part {
      case .image(let image), .mounted(let image, _): check(image, of: service)
      case .layout(let layer):
        do throws(ImageFault) {
          _ = try look.layout(layer, platform: service.image?.platform ?? service.platform)
        } catch {
          add(
            "bad-layer", "service \(service.name): \(error.message)", at: service.origins["layers"] ?? service.location)
        }
      }
    }
  }

  private mutating func check(_ image: ImagePlan, of service: ServicePlan) {
    let origin = service.origin(ofImage: image.reference)
    do throws(ImageFault) {
      _ = try ImageLook.reference(image)
      guard try look.image(image) == nil, image.policy == .never else { return }
      add(
        "missing-image", "service \(service.name): the image \(image.reference) is not here, and pull_policy is never",
        at: origin, help: "containr image pull \(image.reference), or another pull_policy")
    } catch {
      let words = "service \(service.name): \(error.message)"
      switch error.kind {
      case .reference: add("bad-image", words, at: origin)
      case .missing, .store: add("unusable-image", words, at: origin)
      case .platform:
        // Fetched, it may be one of several; that it was fetched already tells nothing.
        if image.policy != .never, case .success = Self.platform(image) { return }
        add("image-platform", words, at: service.origins["platform"] ?? origin)
      }
    }
  }

  private static func platform(_ image: ImagePlan) -> Result<Void, ImageFault> {
    do throws(ImageFault) {
      _ = try ImageLook.reference(image)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// What the service will run, as far as its images are here; nil: one of them is not.
  func running(_ service: ServicePlan) -> ServicePlan? {
    if service.imageParts.isEmpty { return service }
    do throws(EngineError) { return try ImageRoot(service, look).plan } catch { return nil }
  }
}
