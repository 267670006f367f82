// Sends an image of the store to a registry: only what is missing there, blobs first, what names them last.
public import ContainrImageSpec
public import ContainrImages
internal import ContainrJSON
public import ContainrRegistry
internal import ContainrSystem
internal import Synchronization

/// What is wanted of a push.
public struct PushRequest: Sendable {
  /// The image, in the store.
  public var source: ImageReference
  /// Where it goes; with a tag.
  public var destination: ImageReference
  /// Which image of an index goes; nil: this host's.
  public var platform: Platform?
  /// The whole index goes, with all its images.
  public var allPlatforms = false

  /// An image to where its name says.
  public init(_ source: ImageReference, to destination: ImageReference? = nil) {
    self.source = source
    self.destination = destination ?? source
  }
}

/// What a push did.
public struct PushResult: Sendable, Hashable {
  /// What the destination's name stands for after it.
  public var target: Descriptor
  /// Bytes that were sent.
  public var sentBytes: Int64
  /// Blobs that were there already.
  public var present: Int
  /// Blobs that the registry took from other repositories of its own.
  public var mounted: Int
}

/// Pushes images.
public struct ImagePusher: Sendable {
  /// Where images come from.
  public let store: ImageStore
  /// How registries are reached.
  public let settings: RegistrySettings
  /// Who asks them.
  public let credentials: CredentialStore
  /// Blobs at once.
  public var width = 4

  /// With its values.
  public init(store: ImageStore, settings: RegistrySettings, credentials: CredentialStore) {
    self.store = store
    self.settings = settings
    self.credentials = credentials
  }

  /// Pushes. Throws RegistryError and ImageError.
  public func push(_ request: PushRequest, report: @escaping TransferReport = { _ in }) throws -> PushResult {
    let hold = try store.hold()
    guard let tag = request.destination.tag else {
      throw RegistryError(
        .configuration, "'\(request.destination.familiar)' has no tag to be pushed under", help: "name one: NAME:TAG")
    }
    guard let target = try store.target(request.source) else { throw ImageError.unknown(request.source.familiar) }
    var root = target
    if MediaType.isIndex(target.mediaType) && !request.allPlatforms {
      let platform = request.platform ?? .host
      root = try store.image(target, name: request.source.familiar, platform: platform).manifestDescriptor
    }
    root = Descriptor(mediaType: root.mediaType, digest: root.digest, size: root.size)
    let abort = Abort()
    var own = settings
    let outer = settings.isCancelled
    own.isCancelled = { abort.isSet || outer() }
    let run = PushRun(
      pusher: self, client: RegistryClient(own, credentials: credentials), request: request, abort: abort,
      report: report, others: try mountable(request.destination))
    try run.send(root, as: tag, depth: 0)
    _ = consume hold
    return run.result(root)
  }

  /// In which other repositories of the same registry each blob may be: those whose images are here.
  private func mountable(_ destination: ImageReference) throws -> [Digest: [String]] {
    var found: [Digest: [String]] = [:]
    // A registry is asked about three at most, and images beyond some hundred are seldom its own.
    for entry in try store.entries().suffix(200) {
      guard let reference = entry.reference, reference.registry == destination.registry,
        reference.repository != destination.repository,
        let image = try? store.image(entry.descriptor, name: reference.familiar)
      else { continue }
      for blob in image.manifest.layers + [image.manifest.config] {
        let there = found[blob.digest] ?? []
        if there.count < 3 && !there.contains(reference.repository) {
          found[blob.digest] = there + [reference.repository]
        }
      }
    }
    return found
  }
}

/// One push.
private final class PushRun: Sendable {
  private struct Sums {
    var sent: Int64 = 0
    var present = 0
    var mounted = 0
  }

  let pusher: ImagePusher
  let client: RegistryClient
  let request: PushRequest
  let abort: Abort
  let report: TransferReport
  let others: [Digest: [String]]
  private let sums = Mutex(Sums())

  init(
    pusher: ImagePusher, client: RegistryClient, request: PushRequest, abort: Abort, report: @escaping TransferReport,
    others: [Digest: [String]]
  ) {
    self.pusher = pusher
    self.client = client
    self.request = request
    self.abort = abort
    self.report = report
    self.others = others
  }

  private var store: ImageStore { pusher.store }
  private var name: String { request.source.familiar }
  private var repository: RegistryRepository {
    RegistryRepository(registry: request.destination.registry, name: request.destination.repository)
  }

  func result(_ target: Descriptor) -> PushResult {
    sums.withLock {
      PushResult(target: target, sentBytes: $0.sent, present: $0.present, mounted: $0.mounted)
    }
  }

  /// A manifest or an index with all that it names, itself last.
  func send(_ descriptor: Descriptor, as reference: String, depth: Int) throws {
    guard depth < 4 else {
      throw ImageError.malformed(what: name, reason: "its indexes are nested more than four deep")
    }
    guard try store.blobs.contains(descriptor.digest) else {
      let what = descriptor.platform.map { " (\($0))" } ?? ""
      throw ImageError.unsupported(
        what: name, reason: "an image of its index is not here\(what): pull it with --all-platforms first")
    }
    let bytes = try store.blobs.bytes(descriptor.digest, limit: ImageDocuments.manifestLimit)
    let type: String
    switch try ImageDocuments.manifest(bytes, mediaType: descriptor.mediaType, what: name) {
    case .index(let index):
      type = index.mediaType
      for child in index.manifests { try send(child, as: child.digest.description, depth: depth + 1) }
    case .image(let manifest):
      type = manifest.mediaType
      try sendBlobs(manifest)
    }
    try client.putManifest(bytes, mediaType: type, as: reference, in: repository)
  }

  private func sendBlobs(_ manifest: ImageManifest) throws {
    var seen: Set<Digest> = []
    let blobs = (manifest.layers + [manifest.config]).filter { seen.insert($0.digest).inserted }
    try TwoStages.run(
      blobs.count, width: pusher.width, secondWidth: 0, abort: abort, first: { try self.sendBlob(blobs[$0]) },
      second: nil)
  }

  private func sendBlob(_ blob: Descriptor) throws {
    let part = TransferPart(.send, blob.digest)
    report(.began(part))
    let size = try store.blobs.size(blob.digest)
    let file = try store.blobs.open(blob.digest)
    let outcome = try client.upload(
      blob.digest, of: file.raw, count: UInt64(size), to: repository, others: others[blob.digest] ?? [],
      progress: { done in report(.advanced(part, done: Int64(done), total: size)) })
    _ = consume file
    switch outcome {
    case .present:
      sums.withLock { $0.present += 1 }
      report(.ended(part, .present))
    case .mounted(let from):
      sums.withLock { $0.mounted += 1 }
      report(.ended(part, .mounted(from: from)))
    case .sent:
      sums.withLock { $0.sent += size }
      report(.ended(part, .done(bytes: size)))
    }
  }
}
