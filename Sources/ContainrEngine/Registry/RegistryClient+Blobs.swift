// Blobs on the way here (distribution-spec, end-2): in pieces, from any offset, over broken connections.
public import ContainrImageSpec

extension RegistryClient {
  /// Whether a repository has a blob.
  public func hasBlob(_ digest: Digest, in repository: RegistryRepository) throws -> Bool {
    let call = blobCall(repository, digest, "HEAD")
    let answer = try send(call) { try http.exchangePatiently($0, limit: 0, what: call.what) }
    if answer.head.status == 404 { return false }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
    return true
  }

  /// Fetches a blob of `size` bytes from `offset` on: `receive` gets piece after piece, in order and each once, whatever
  /// breaks on the way, and what it throws is thrown. Not a byte over `size`, and fewer are an error; the digest is the
  /// receiver's to check.
  public func blob(
    _ repository: RegistryRepository, _ digest: Digest, size: UInt64, from offset: UInt64 = 0,
    receive: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var done = offset
    var retries = Retries(settings)
    while done < size {
      let before = done
      do {
        try blobOnce(repository, digest, size: size, done: &done, receive: receive)
        if done < size {
          throw Self.short(digest, done, size, repository)
        }
      } catch let error as RegistryError {
        // A source that breaks after every few bytes is no source.
        if done - before >= min(256 << 10, size - before) { retries.progressed() }
        try retries.wait(after: error)
      }
    }
  }

  private func blobOnce(
    _ repository: RegistryRepository, _ digest: Digest, size: UInt64, done: inout UInt64,
    receive: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var call = blobCall(repository, digest, "GET")
    let start = done
    if start > 0 { call.headers = [("Range", "bytes=\(start)-")] }
    let state = BlobStream(size: size, start: start, repository: repository, digest: digest, receive: receive)
    defer { done = state.done }
    let answer = try send(call) { request in
      try http.exchange(request) { head, bytes in try state.take(head, bytes) }
    }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
  }

  static func short(_ digest: Digest, _ done: UInt64, _ size: UInt64, _ repository: RegistryRepository) -> RegistryError
  {
    var error = RegistryError(
      .mismatch, "\(repository.registry) ends blob \(digest.short) of \(repository.name) after \(done) of \(size) bytes"
    )
    error.transience = .often
    return error
  }

  private func blobCall(_ repository: RegistryRepository, _ digest: Digest, _ method: String) -> Call {
    Call(
      repository: repository, actions: ["pull"], method: method, place: .path("blobs/\(digest)"),
      what: "blob \(digest.short) of \(repository)")
  }
}

/// The answer to one request for a blob while it comes in.
private final class BlobStream {
  private let size: UInt64
  private let start: UInt64
  private let repository: RegistryRepository
  private let digest: Digest
  private let receive: (UnsafeRawBufferPointer) throws -> Void
  /// Bytes of the blob that the receiver has.
  private(set) var done: UInt64
  /// Where in the blob the next piece of the answer stands; nil before the first.
  private var position: UInt64?

  init(
    size: UInt64, start: UInt64, repository: RegistryRepository, digest: Digest,
    receive: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) {
    self.size = size
    self.start = start
    self.repository = repository
    self.digest = digest
    self.receive = receive
    done = start
  }

  func take(_ head: HTTPHead, _ bytes: UnsafeRawBufferPointer) throws {
    let here = try position ?? begin(head)
    let end = here + UInt64(bytes.count)
    guard end <= size else { throw tooLong() }
    position = end
    // A server that does not know ranges begins anew: what is there already is passed over.
    if end <= done { return }
    let skipped = Int(done - min(done, here))
    try receive(UnsafeRawBufferPointer(rebasing: bytes[skipped...]))
    done = end
  }

  private func begin(_ head: HTTPHead) throws -> UInt64 {
    let from: UInt64
    if head.status == 206 {
      guard let range = head.contentRange, range.start == start else {
        throw RegistryError(
          .invalidAnswer, "\(repository.registry) answers with another range of blob \(digest.short) than was asked for"
        )
      }
      from = start
    } else {
      from = 0
    }
    // Before the first byte is written, if it is known by then.
    if let length = head.contentLength {
      if length > size - from { throw tooLong() }
      if length < size - from {
        throw RegistryError(
          .mismatch,
          "\(repository.registry) has \(from + length) bytes for blob \(digest.short) of \(repository.name), whose size is \(size)"
        )
      }
    }
    return from
  }

  private func tooLong() -> RegistryError {
    RegistryError(
      .mismatch,
      "\(repository.registry) sends more than the \(size) bytes of blob \(digest.short) of \(repository.name)")
  }
}
