// Blobs on the way there (distribution-spec, end-4a, end-5, end-6, end-11): mounted from another repository, in one PUT, or in
// PATCHes that go on where the registry says that it stands.
public import ContainrImageSpec

/// How a blob came to be in a repository.
public enum UploadOutcome: Sendable, Hashable {
  /// It was there.
  case present
  /// The registry had it in another repository.
  case mounted(from: String)
  /// It was sent.
  case sent
}

extension RegistryClient {
  /// An upload that the registry waits for.
  private struct Session {
    var location: WebAddress
    /// What a chunk has to have at least, if the registry says so.
    var smallestChunk: UInt64
  }

  /// Brings a blob into a repository: `count` bytes of `file` from its start. Sends nothing if it is there already, or if
  /// the registry can take it from one of `others` (repositories of the same registry). `progress` hears how many bytes the
  /// registry has.
  public func upload(
    _ digest: Digest, of file: CInt, count: UInt64, to repository: RegistryRepository, others: [String] = [],
    progress: (UInt64) -> Void = { _ in }
  ) throws -> UploadOutcome {
    if try hasBlob(digest, in: repository) { return .present }
    var session: Session?
    for other in others where other != repository.name {
      let (mounted, begun) = try mount(digest, from: other, to: repository)
      if mounted { return .mounted(from: other) }
      session = begun
    }
    if count <= settings.monolithicBytes {
      try sendWhole(digest, .file(file, offset: 0, count: count), to: repository, session)
    } else {
      try sendChunks(digest, of: file, count, to: repository, session, progress)
    }
    progress(count)
    return .sent
  }

  /// The same for bytes in memory, such as a config.
  public func upload(_ digest: Digest, _ bytes: [UInt8], to repository: RegistryRepository) throws -> UploadOutcome {
    if try hasBlob(digest, in: repository) { return .present }
    try sendWhole(digest, .bytes(bytes), to: repository, nil)
    return .sent
  }

  private func uploadCall(
    _ repository: RegistryRepository, _ method: String, _ place: Call.Place, _ digest: Digest
  ) -> Call {
    Call(
      repository: repository, actions: ["pull", "push"], method: method, place: place,
      what: "upload of blob \(digest.short) to \(repository)")
  }

  // MARK: beginning

  private func mount(
    _ digest: Digest, from other: String, to repository: RegistryRepository
  ) throws -> (Bool, Session?) {
    var call = uploadCall(
      repository, "POST", .path("blobs/uploads/?mount=\(digest)&from=\(WebAddress.encoded(other))"), digest)
    call.others = [other]
    let answer: HTTPAnswer
    do {
      answer = try ask(call, limit: HTTPClient.errorBodyLimit)
    } catch let error as RegistryError where [.unauthorized, .denied, .notFound, .unsupported].contains(error.kind) {
      // Not allowed to read there: then it is sent.
      return (false, nil)
    }
    if answer.head.status == 201 { return (true, nil) }
    return (false, try session(answer))
  }

  private func begin(_ digest: Digest, _ repository: RegistryRepository) throws -> Session {
    try session(ask(uploadCall(repository, "POST", .path("blobs/uploads/"), digest), limit: HTTPClient.errorBodyLimit))
  }

  private func session(_ answer: HTTPAnswer) throws -> Session {
    let smallest = answer.head.first("oci-chunk-min-length").flatMap { UInt64($0) } ?? 0
    return Session(location: try location(answer), smallestChunk: smallest)
  }

  private func location(_ answer: HTTPAnswer) throws -> WebAddress {
    guard let text = answer.head.first("location"), let address = WebAddress(text, relativeTo: answer.address) else {
      throw RegistryError(.invalidAnswer, "\(answer.address.origin) says not where the upload goes on (Location)")
    }
    if answer.address.isSecure && !address.isSecure {
      throw RegistryError(
        .invalidAnswer, "\(answer.address.origin) wants the upload by plain HTTP at \(address.origin)",
        help: "a registry behind a proxy has to be told that it is reached by HTTPS (X-Forwarded-Proto)")
    }
    return address
  }

  // MARK: sending

  private func sendWhole(
    _ digest: Digest, _ body: HTTPRequest.Body, to repository: RegistryRepository, _ begun: Session?
  ) throws {
    var retries = Retries(settings)
    var session = begun
    while true {
      do {
        let here = try session ?? begin(digest, repository)
        session = nil
        try finish(digest, body, here, repository)
        return
      } catch let error as RegistryError where error.transience != .never {
        try retries.wait(after: error)
        // The answer may have been lost, not the blob.
        if try hasBlob(digest, in: repository) { return }
      }
    }
  }

  /// The last request of an upload, with what is left of it.
  private func finish(
    _ digest: Digest, _ body: HTTPRequest.Body, _ session: Session, _ repository: RegistryRepository
  ) throws {
    guard let address = session.location.adding(query: "digest", digest.description) else {
      throw RegistryError(.invalidAnswer, "\(repository.registry) has too long an address for the upload")
    }
    var call = uploadCall(repository, "PUT", .address(address), digest)
    call.headers = [("Content-Type", "application/octet-stream")]
    call.body = body
    let answer = try send(call) { try http.exchange($0, limit: HTTPClient.errorBodyLimit) }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
  }

  private func sendChunks(
    _ digest: Digest, of file: CInt, _ count: UInt64, to repository: RegistryRepository, _ begun: Session?,
    _ progress: (UInt64) -> Void
  ) throws {
    var retries = Retries(settings)
    var session = try begun ?? begin(digest, repository)
    var done: UInt64 = 0
    while true {
      do {
        while done < count {
          try sendChunk(digest, of: file, count, &done, &session, repository)
          retries.progressed()
          progress(done)
        }
        try finish(digest, .none, session, repository)
        return
      } catch let error as RegistryError where error.transience != .never || error.kind == .invalidAnswer && done > 0 {
        var error = error
        // 416: we do not agree where it stands. It says so below.
        if error.transience == .never { error.transience = .once }
        try retries.wait(after: error)
        if try hasBlob(digest, in: repository) { return }
        if let (place, stands) = try status(digest, session, repository), stands <= count {
          session.location = place
          if stands > done { retries.progressed() }
          done = stands
        } else {
          session = try begin(digest, repository)
          done = 0
        }
      }
    }
  }

  private func sendChunk(
    _ digest: Digest, of file: CInt, _ count: UInt64, _ done: inout UInt64, _ session: inout Session,
    _ repository: RegistryRepository
  ) throws {
    let length = min(count - done, max(settings.chunkBytes, session.smallestChunk))
    var call = uploadCall(repository, "PATCH", .address(session.location), digest)
    call.headers = [
      ("Content-Type", "application/octet-stream"), ("Content-Range", "\(done)-\(done + length - 1)"),
    ]
    call.body = .file(file, offset: done, count: length)
    let answer = try send(call) { try http.exchange($0, limit: HTTPClient.errorBodyLimit) }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
    session.location = try location(answer)
    done = Self.standing(answer.head) ?? done + length
  }

  /// Where an upload stands (end-13); nil: the registry does not know it any more, or does not tell.
  private func status(
    _ digest: Digest, _ session: Session, _ repository: RegistryRepository
  ) throws -> (WebAddress, UInt64)? {
    let call = uploadCall(repository, "GET", .address(session.location), digest)
    let answer = try send(call) { try http.exchangePatiently($0, limit: HTTPClient.errorBodyLimit, what: call.what) }
    guard answer.head.isSuccess, let stands = Self.standing(answer.head) else { return nil }
    return (try location(answer), stands)
  }

  /// `Range: 0-1023` is 1024 bytes; `0-0` is what registries say of none as well, and is taken for that: a byte sent twice
  /// is refused, and then it starts anew.
  static func standing(_ head: HTTPHead) -> UInt64? {
    guard let text = head.first("range") else { return nil }
    let ends = (text.hasPrefix("bytes=") ? text.dropFirst(6) : text[...]).split(separator: "-")
    guard ends.count == 2, ends[0] == "0", let last = UInt64(ends[1]) else { return nil }
    return last == 0 ? 0 : last + 1
  }
}
