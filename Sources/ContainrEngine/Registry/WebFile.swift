// A file by its http or https address, for who takes archives from there. Not a registry's: no login is shown to anybody.
internal import ContainrSystem

/// A file that a web server has.
public struct WebFile: Sendable {
  private let address: WebAddress

  /// Whether a text is meant as an address and not as a path.
  public static func isAddress(_ text: String) -> Bool {
    let start = text.prefix(8).lowercased()
    return start.hasPrefix("http://") || start.hasPrefix("https://")
  }

  /// An error for what is no address, and for one with a user in it.
  public init(_ text: String) throws(RegistryError) {
    try CurlLibrary.load()
    guard let address = WebAddress(text) else {
      throw RegistryError(
        .configuration, "'\(text)' is no http or https address",
        help: "one with a user and a password in it is not taken, as others could read it")
    }
    self.address = address
  }

  /// Fetches it: `receive` gets piece after piece, in order and each once, whatever breaks on the way, and what it throws is
  /// thrown. After a break it goes on where it was if the server can and the file is the same one, else `restart` is called and it
  /// comes from its beginning again. `announce` hears before the first piece how many bytes there will be, if the server says.
  public func fetch(
    _ settings: RegistrySettings, announce: @escaping (UInt64) throws -> Void = { _ in },
    restart: @escaping () throws -> Void, receive: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let client = HTTPClient(settings)
    var retries = Retries(settings)
    let state = Stream(announce: announce, restart: restart, receive: receive)
    while true {
      let before = state.done
      do {
        var request = HTTPRequest(method: "GET", address: address)
        if before > 0, let mark = state.mark {
          request.headers = [("Range", "bytes=\(before)-"), ("If-Range", mark)]
        }
        let answer = try client.exchange(request) { head, bytes in try state.take(head, bytes) }
        guard answer.head.isSuccess else { throw AnswerMeaning.error(answer, what: "the file \(address)") }
        return try state.finish(answer.head)
      } catch let error as RegistryError {
        state.interrupted()
        if state.done > before + (256 << 10) { retries.progressed() }
        try retries.wait(after: error)
      }
    }
  }

  /// The file while it comes in.
  private final class Stream {
    private let announce: (UInt64) throws -> Void
    private let restart: () throws -> Void
    private let receive: (UnsafeRawBufferPointer) throws -> Void
    /// Bytes that the receiver has.
    private(set) var done: UInt64 = 0
    /// What tells this file from another one of its name: a strong ETag (RFC 9110, 13.1.5).
    private(set) var mark: String?
    private var whole: UInt64?
    /// The head whose body comes in; a new answer has another one.
    private var isInside = false

    init(
      announce: @escaping (UInt64) throws -> Void, restart: @escaping () throws -> Void,
      receive: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) {
      self.announce = announce
      self.restart = restart
      self.receive = receive
    }

    func take(_ head: HTTPHead, _ bytes: UnsafeRawBufferPointer) throws {
      if !isInside { try begin(head) }
      if let whole, done + UInt64(bytes.count) > whole {
        throw RegistryError(.mismatch, "the server sends more than the \(whole) bytes that it said")
      }
      try receive(bytes)
      done += UInt64(bytes.count)
    }

    private func begin(_ head: HTTPHead) throws {
      if head.status == 206, done > 0 {
        guard head.contentRange?.start == done else {
          throw RegistryError(.invalidAnswer, "the server answers with another part of the file than was asked for")
        }
      } else {
        if done > 0 { try restart() }
        done = 0
        whole = head.contentLength
        mark = head.first("etag").flatMap { $0.hasPrefix("\"") ? $0 : nil }
        if let whole { try announce(whole) }
      }
      isInside = true
    }

    /// After an answer, whole or not.
    func finish(_ head: HTTPHead) throws {
      if !isInside { try begin(head) }
      guard let whole, done < whole else { return }
      var error = RegistryError(.mismatch, "the server ends the file after \(done) of \(whole) bytes")
      error.transience = .often
      throw error
    }

    func interrupted() { isInside = false }
  }
}
