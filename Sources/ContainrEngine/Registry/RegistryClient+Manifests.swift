// Manifests, indexes and tags (distribution-spec, end-2, end-3, end-7, end-8, end-9).
public import ContainrImageSpec
internal import ContainrJSON

/// A manifest or an index as it came: its digest is of these bytes, and is the caller's to check.
public struct ManifestAnswer: Sendable, Hashable {
  /// Unchanged.
  public var bytes: [UInt8]
  /// What the registry calls it, without parameters.
  public var mediaType: String

  /// With its values.
  public init(bytes: [UInt8], mediaType: String) {
    self.bytes = bytes
    self.mediaType = mediaType
  }
}

/// What a registry says of a manifest without giving it.
public struct ManifestHead: Sendable, Hashable {
  /// As the registry claims it; nil if it does not.
  public var digest: Digest?
  /// What the registry calls it.
  public var mediaType: String
  /// Bytes; nil if it is not said.
  public var size: UInt64?
}

extension RegistryClient {
  /// Fetches a manifest by tag or digest; at most 4 MiB.
  public func manifest(_ repository: RegistryRepository, _ reference: String) throws -> ManifestAnswer {
    let call = manifestCall(repository, reference, "GET")
    let answer = try ask(call, limit: Self.manifestLimit)
    return ManifestAnswer(bytes: answer.body, mediaType: Self.type(answer.head))
  }

  /// Asks for a manifest without its bytes; nil: there is none.
  public func manifestHead(_ repository: RegistryRepository, _ reference: String) throws -> ManifestHead? {
    let call = manifestCall(repository, reference, "HEAD")
    let answer = try send(call) { try http.exchangePatiently($0, limit: 0, what: call.what) }
    if answer.head.status == 404 { return nil }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
    return ManifestHead(
      digest: answer.head.first("docker-content-digest").flatMap { Digest($0) }, mediaType: Self.type(answer.head),
      size: answer.head.contentLength)
  }

  /// Stores a manifest under a tag or its digest. Its blobs have to be there.
  public func putManifest(
    _ bytes: [UInt8], mediaType: String, as reference: String, in repository: RegistryRepository
  ) throws {
    var call = manifestCall(repository, reference, "PUT")
    call.actions = ["pull", "push"]
    call.headers = [("Content-Type", mediaType)]
    call.body = .bytes(bytes)
    _ = try ask(call, limit: HTTPClient.errorBodyLimit)
  }

  /// Deletes a manifest by its digest, or a tag where the registry can do that. Many registries refuse.
  public func deleteManifest(_ repository: RegistryRepository, _ reference: String) throws {
    var call = manifestCall(repository, reference, "DELETE")
    call.actions = ["delete", "pull"]
    call.headers = []
    _ = try ask(call, limit: HTTPClient.errorBodyLimit)
  }

  /// All tags of a repository, page after page; at most a thousand pages.
  public func tags(_ repository: RegistryRepository) throws -> [String] {
    var call = Call(
      repository: repository, actions: ["pull"], method: "GET", place: .path("tags/list"),
      what: "repository \(repository)")
    var tags: [String] = []
    var seen: Set<WebAddress> = []
    for _ in 0..<1000 {
      let answer = try ask(call, limit: Self.manifestLimit)
      do {
        tags += try JSONReader(try JSONValue(answer.body)).strings("tags")
      } catch {
        throw RegistryError(.invalidAnswer, "\(repository.registry) answers with what is no list of tags")
      }
      guard let next = Self.nextPage(answer) else { return tags }
      guard next.origin == answer.address.origin, seen.insert(next).inserted else {
        throw RegistryError(.invalidAnswer, "\(repository.registry) leads in circles with its list of tags")
      }
      call.place = .address(next)
    }
    throw RegistryError(.tooBig, "\(repository.registry) has more than a thousand pages of tags of \(repository.name)")
  }

  private func manifestCall(_ repository: RegistryRepository, _ reference: String, _ method: String) -> Call {
    let separator = reference.contains(":") ? "@" : ":"
    return Call(
      repository: repository, actions: ["pull"], method: method, place: .path("manifests/\(reference)"),
      headers: [("Accept", MediaType.manifests.joined(separator: ", "))],
      what: "image \(repository)\(separator)\(reference)")
  }

  private static func type(_ head: HTTPHead) -> String {
    let text = head.first("content-type") ?? ""
    return String(text.prefix { $0 != ";" && $0 != " " })
  }

  /// `Link: </v2/a/tags/list?last=x&n=100>; rel="next"` (RFC 8288).
  static func nextPage(_ answer: HTTPAnswer) -> WebAddress? {
    for line in answer.head.all("link") where line.contains("next") {
      guard let start = line.firstIndex(of: "<"), let end = line.firstIndex(of: ">"), start < end else { continue }
      return WebAddress(String(line[line.index(after: start)..<end]), relativeTo: answer.address)
    }
    return nil
  }
}
