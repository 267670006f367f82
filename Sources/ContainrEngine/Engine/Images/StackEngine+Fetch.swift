// Bringing an image from its registry into the store: the one place where a stack asks for one.
public import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
public import ContainrRegistry
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrTransfer
internal import Synchronization

/// How registries are reached; asked for only when one is.
public typealias RegistryAccessor = @Sendable () throws -> (settings: RegistrySettings, credentials: CredentialStore)

extension StackEngine {
  /// The images that the containers of services run or mount, each once, in the order of the services. Without those that
  /// are never pulled, and those that are here and cannot be others by now; with `onlyMissing` all that are here.
  public func imagesToPull(
    _ plan: StackPlan, services: Set<String>?, onlyMissing: Bool
  ) throws(EngineError) -> [ImagePlan] {
    var meant = plan
    meant.services = plan.services.filter { $0.replicas > 0 && services?.contains($0.name) ?? true }
    return try observeImages(meant, ImageLook(settings)).filter { image in
      if image.plan.policy == .never { return false }
      let isFixed = image.plan.digest != nil || image.plan.reference.contains("@")
      return image.digest == nil || !(onlyMissing || isFixed)
    }.map(\.plan)
  }

  /// Fetches an image and unpacks it. `advance` hears of bytes done, and all. An error of the kind `unavailable` may be none
  /// a moment later.
  public func pull(_ image: ImagePlan, advance: @escaping @Sendable (Int64, Int64) -> Void) throws(EngineError) {
    try fetch(image, advance)
  }

  /// Fetches an image, whatever is here of it, and unpacks it. `advance` hears of all its layers together.
  func fetch(_ plan: ImagePlan, _ advance: @escaping @Sendable (Int64, Int64) -> Void) throws(EngineError) {
    guard let registries else {
      throw EngineError(.settings, "the image \(plan.reference) is not here, and this command asks no registry")
    }
    do {
      let (reference, platform) = try ImageLook.reference(plan)
      let (settings, credentials) = try registries()
      let puller = ImagePuller(
        store: imageStore, settings: settings, credentials: credentials, program: self.settings.program)
      var request = PullRequest(reference)
      if plan.platform != nil { request.platform = platform }
      let sum = TransferSum(advance)
      let result = try puller.pull(request) { sum.take($0) }
      try imageStore.markFetched(result.target.digest)
    } catch let error as ImageFault {
      throw EngineError(.settings, error.message)
    } catch let error as RegistryError {
      let rest = error.notes + (error.help.map { [$0] } ?? [])
      throw EngineError(error.mayPass ? .unavailable : .kernel, ([error.message] + rest).joined(separator: "; "))
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
  }
}

extension RegistryError {
  /// It is about the way to the registry, or about how the registry is just now.
  fileprivate var mayPass: Bool {
    switch kind {
    case .unreachable, .unavailable, .rateLimited, .invalidAnswer, .mismatch: true
    default: false
    }
  }
}

/// How far the parts of one pull are, added up.
private final class TransferSum: Sendable {
  private let parts = Mutex<[TransferPart: (done: Int64, total: Int64)]>([:])
  private let advance: @Sendable (Int64, Int64) -> Void

  init(_ advance: @escaping @Sendable (Int64, Int64) -> Void) { self.advance = advance }

  func take(_ event: TransferEvent) {
    guard case .advanced(let part, let done, let total) = event else { return }
    let sum = parts.withLock { parts in
      parts[part] = (done, total)
      return parts.values.reduce((Int64(0), Int64(0))) { ($0.0 + $1.done, $0.1 + $1.total) }
    }
    advance(sum.0, sum.1)
  }
}
