// Brings an image from a registry or a mirror of it into the store, and unpacks it. What has come of a blob when a pull is
// killed stays, and the next pull goes on from there; a name is given only when all is there.
public import ContainrImageSpec
public import ContainrImages
public import ContainrRegistry
public import SystemPackage

/// What is wanted of a pull.
public struct PullRequest: Sendable {
  /// By tag or by digest.
  public var reference: ImageReference
  /// Which image of an index; nil: this host's.
  public var platform: Platform?
  /// All images of an index; only this host's is unpacked.
  public var allPlatforms = false
  /// Makes the layers ready for containers.
  public var unpacks = true

  /// This host's image.
  public init(_ reference: ImageReference) { self.reference = reference }
}

/// What a pull brought.
public struct PullResult: Sendable {
  /// What the name stands for after it: a manifest, or an index.
  public var target: Descriptor
  /// The image for the platform that was asked for; nil if the index has none for this host (all platforms).
  public var image: StoredImage?
  /// Who told what the name stands for; the registry, or a mirror.
  public var source: String
  /// Everything was there already.
  public var wasCurrent: Bool
  /// What the registry said last of its limits.
  public var rateLimit: RateLimit?
}

/// Pulls images. A value; pulls may go on at the same time, in threads and processes.
public struct ImagePuller: Sendable {
  /// Where images go.
  public let store: ImageStore
  /// How registries are reached.
  public var settings: RegistrySettings
  /// Who asks them.
  public let credentials: CredentialStore
  /// Unpacks (`PROGRAM unpack-layer`).
  public let program: FilePath
  /// Blobs at once.
  public var width = 4
  /// Layers that are unpacked at once.
  public var unpackWidth = 2

  /// With its values.
  public init(store: ImageStore, settings: RegistrySettings, credentials: CredentialStore, program: FilePath) {
    self.store = store
    self.settings = settings
    self.credentials = credentials
    self.program = program
  }

  /// Pulls. Throws RegistryError and ImageError.
  public func pull(_ request: PullRequest, report: @escaping TransferReport = { _ in }) throws -> PullResult {
    let hold = try store.hold()
    let abort = Abort()
    var own = settings
    let outer = settings.isCancelled
    own.isCancelled = { abort.isSet || outer() }
    let client = RegistryClient(own, credentials: credentials)
    let run = PullRun(puller: self, client: client, request: request, abort: abort, report: report)
    let result = try run.run()
    _ = consume hold
    return result
  }
}
