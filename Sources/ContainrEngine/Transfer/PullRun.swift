// One pull: name → manifest or index → images → blobs, each held against its digest before anything is believed of it.
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrRegistry
internal import SystemPackage

/// The state of one pull.
struct PullRun: Sendable {
  let puller: ImagePuller
  let client: RegistryClient
  let request: PullRequest
  let abort: Abort
  let report: TransferReport

  private var store: ImageStore { puller.store }
  private var name: String { request.reference.familiar }
  private var platform: Platform { request.platform ?? .host }

  /// What a name stands for, as it came.
  private struct Document {
    var descriptor: Descriptor
    var bytes: [UInt8]
    var content: ImageDocuments.Manifest
  }

  func run() throws -> PullResult {
    let sources = client.pullSources(request.reference)
    let (root, source) = try resolve(sources)
    report(.resolved(root.descriptor.digest, from: source.registry))
    // Who told what the name stands for is asked first for all that it leads to.
    let ordered = [source] + sources.filter { $0 != source }
    var current = true
    switch root.content {
    case .image: current = try image(root, ordered, isWanted: true)
    case .index(let index):
      current = try self.index(root, index, ordered)
      try keep(root)
    }
    try store.tag(request.reference, root.descriptor)
    let image = try? store.image(root.descriptor, name: name, platform: platform)
    return PullResult(
      target: root.descriptor, image: image, source: source.registry, wasCurrent: current,
      rateLimit: client.rateLimit(of: source.registry))
  }

  // MARK: names

  private func resolve(_ sources: [RegistryRepository]) throws -> (Document, RegistryRepository) {
    if let digest = request.reference.digest, let there = try stored(digest, mediaType: "") {
      return (there, sources[sources.count - 1])
    }
    return try fromFirst(of: sources) { source in
      if let digest = request.reference.digest { return (try fetchManifest(digest, nil, source), source) }
      let tag = request.reference.tag ?? "latest"
      if let there = try unchanged(tag, source) { return (there, source) }
      let answer = try client.manifest(source, tag)
      return (try document(answer, ContentHash.digest(answer.bytes)), source)
    }
  }

  /// What the store has under the name, if the registry has the same: asking for the head counts against no limit.
  private func unchanged(_ tag: String, _ source: RegistryRepository) throws -> Document? {
    guard let known = try store.target(request.reference), let there = try stored(known.digest, mediaType: "") else {
      return nil
    }
    do {
      guard let head = try client.manifestHead(source, tag), head.digest == known.digest else { return nil }
    } catch let error as RegistryError where error.kind == .unsupported { return nil }
    return there
  }

  private func stored(_ digest: Digest, mediaType: String) throws -> Document? {
    guard try store.blobs.contains(digest) else { return nil }
    let bytes = try store.blobs.bytes(digest, limit: ImageDocuments.manifestLimit)
    return try document(ManifestAnswer(bytes: bytes, mediaType: mediaType), digest)
  }

  private func document(_ answer: ManifestAnswer, _ digest: Digest) throws -> Document {
    // A server that does not know the types says something else, and then the document tells.
    let known = MediaType.isIndex(answer.mediaType) || MediaType.isManifest(answer.mediaType)
    let type = known || MediaType.isSchema1(answer.mediaType) ? answer.mediaType : ""
    let content = try ImageDocuments.manifest(answer.bytes, mediaType: type, what: name)
    let mediaType =
      switch content {
      case .image(let manifest): manifest.mediaType
      case .index(let index): index.mediaType
      }
    let descriptor = Descriptor(mediaType: mediaType, digest: digest, size: Int64(answer.bytes.count))
    return Document(descriptor: descriptor, bytes: answer.bytes, content: content)
  }

  /// A manifest by its digest, held against that and its size.
  private func fetchManifest(_ digest: Digest, _ size: Int64?, _ source: RegistryRepository) throws -> Document {
    let answer = try client.manifest(source, digest.description)
    let actual = ContentHash.digest(answer.bytes, digest.algorithm)
    let what = "the manifest of \(name) from \(source.registry)"
    if actual != digest { throw ImageError.mismatch(what: what, expected: digest, found: actual) }
    if let size, size != Int64(answer.bytes.count) {
      throw ImageError.wrongSize(what: what, expected: size, found: Int64(answer.bytes.count))
    }
    return try document(answer, digest)
  }

  /// The answer of the first source that has one. If none has, the error is the registry's own, and what its mirrors
  /// said stands beside it.
  private func fromFirst<Answer>(
    of sources: [RegistryRepository], _ ask: (RegistryRepository) throws -> Answer
  ) throws -> Answer {
    var notes: [String] = []
    for (index, source) in sources.enumerated() {
      do {
        return try ask(source)
      } catch let error as RegistryError where error.isOfOneSource {
        guard index == sources.count - 1 else {
          notes.append(error.message)
          continue
        }
        var last = error
        last.notes += notes
        throw last
      } catch let error as ImageError where error.isOfOneSource && index < sources.count - 1 {
        notes.append(error.description)
      }
    }
    throw RegistryError(.notFound, "there is no source of \(name)", notes: notes)
  }

  // MARK: images

  /// The images of an index that are wanted; true if all was there.
  private func index(
    _ document: Document, _ index: ImageIndex, _ sources: [RegistryRepository], depth: Int = 0
  ) throws -> Bool {
    guard depth < 4 else {
      throw ImageError.malformed(what: name, reason: "its indexes are nested more than four deep")
    }
    let best = index.manifest(for: platform)
    guard request.allPlatforms || best != nil else {
      throw ImageError.noPlatform(name, wanted: platform, offered: index.manifests.compactMap(\.platform))
    }
    var current = true
    for descriptor in request.allPlatforms ? index.manifests : [best!] {
      let child =
        try stored(descriptor.digest, mediaType: descriptor.mediaType)
        ?? fromFirst(of: sources) { try fetchManifest(descriptor.digest, descriptor.size, $0) }
      switch child.content {
      case .image: current = try image(child, sources, isWanted: descriptor == best) && current
      case .index(let inner):
        current = try self.index(child, inner, sources, depth: depth + 1) && current
        try keep(child)
      }
    }
    return current
  }

  /// One image; `isWanted`: it is the one that will be used, and not only a part of its index. True if all was there.
  private func image(_ document: Document, _ sources: [RegistryRepository], isWanted: Bool) throws -> Bool {
    guard case .image(let manifest) = document.content else { return true }
    var isCurrent = try fetch(manifest.config, "the config of \(name)", sources)
    var layers: [ImageLayer] = []
    if isWanted { layers = try checked(manifest) }
    let unpacks = isWanted && request.unpacks
    var seen: Set<Digest> = []
    let blobs = manifest.layers.filter { seen.insert($0.digest).inserted }
    let fetched = Abort()
    let all = layers
    try checkRoom(for: blobs, unpacking: unpacks ? layers : [])
    let first: @Sendable (Int) throws -> Void = { index in
      if try !fetch(blobs[index], "layer \(blobs[index].digest.short) of \(name)", sources) { fetched.set() }
    }
    let second: @Sendable (Int) throws -> Void = { index in
      // A blob that stands for two layers is one; two blobs of one content share what is unpacked.
      guard let layer = all.first(where: { $0.blob.digest == blobs[index].digest }) else { return }
      try unpack(layer)
    }
    try TwoStages.run(
      blobs.count, width: puller.width, secondWidth: puller.unpackWidth, abort: abort, first: first,
      second: unpacks ? second : nil)
    if fetched.isSet { isCurrent = false }
    try store.blobs.makeDurable(blobs.map(\.digest) + [manifest.config.digest])
    try keep(document)
    return isCurrent
  }

  /// The layers of an image that will be used; an error if it is none, or not for the platform.
  private func checked(_ manifest: ImageManifest) throws -> [ImageLayer] {
    guard [MediaType.ociConfig, MediaType.dockerConfig].contains(manifest.config.mediaType) else {
      throw ImageError.unsupported(
        what: name, reason: "its config is of the type '\(manifest.config.mediaType)': an artifact, not an image")
    }
    let bytes = try store.blobs.bytes(manifest.config.digest, limit: ImageDocuments.configLimit)
    let config = try ImageDocuments.config(bytes, what: "the config of \(name)")
    try StoredImage.check(manifest, config, name)
    guard platform.accepts(config.platform) else {
      throw ImageError.noPlatform(name, wanted: platform, offered: [config.platform])
    }
    return zip(manifest.layers, config.diffIDs).map { ImageLayer(blob: $0, diffID: $1) }
  }

  private func keep(_ document: Document) throws {
    let digest = document.descriptor.digest
    let size = Int64(document.bytes.count)
    guard let writer = try store.blobs.begin(digest, size: size, what: "the manifest of \(name)") else { return }
    try writer.restart()
    try writer.write(document.bytes)
    try writer.finish()
  }

  // MARK: blobs

  private func unpack(_ layer: ImageLayer) throws { try store.unpack(layer, program: puller.program, report) }

  /// Brings a blob into the store from the first source that gives it whole; true if it was there. Of two pulls of the
  /// same blob one fetches it, and the other waits.
  private func fetch(_ blob: Descriptor, _ what: String, _ sources: [RegistryRepository]) throws -> Bool {
    let part = TransferPart(.fetch, blob.digest)
    var isPresent = false
    var bytes: Int64 = 0
    try fromFirst(of: sources) { source in
      var mayBeOld = true
      while true {
        guard let writer = try store.blobs.begin(blob.digest, size: blob.size, what: "\(what) from \(source.registry)")
        else {
          isPresent = true
          return
        }
        let start = writer.received
        do {
          try receive(blob, writer, part, source)
          bytes = blob.size - start
          return
        } catch ImageError.mismatch where start > 0 && mayBeOld {
          // What an earlier pull had left may have been the damage.
          mayBeOld = false
        }
      }
    }
    report(.ended(part, isPresent ? .present : .done(bytes: bytes)))
    return isPresent
  }

  private func receive(
    _ blob: Descriptor, _ writer: BlobWriter, _ part: TransferPart, _ source: RegistryRepository
  ) throws {
    report(.began(part))
    var progress = PartProgress(part, total: blob.size, report)
    try client.blob(source, blob.digest, size: UInt64(blob.size), from: UInt64(writer.received)) { bytes in
      try writer.write(bytes)
      progress.reached(writer.received)
    }
    try writer.finish(isDurable: false)
  }
}

extension ImageStore {
  /// Unpacks a layer and tells of it.
  func unpack(_ layer: ImageLayer, program: FilePath, _ report: @escaping TransferReport) throws {
    let part = TransferPart(.unpack, layer.blob.digest)
    if try isUnpacked(layer) { return report(.ended(part, .present)) }
    report(.began(part))
    var progress = PartProgress(part, total: layer.blob.size, report)
    try unpack(layer, program: program) { done, _ in progress.reached(done) }
    report(.ended(part, .done(bytes: layer.blob.size)))
  }
}

extension ImageError {
  /// Whether another source may have what this one has not.
  var isOfOneSource: Bool {
    switch self {
    case .mismatch, .wrongSize, .malformed, .tooLarge: true
    default: false
    }
  }
}
