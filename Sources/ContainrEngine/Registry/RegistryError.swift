// What can go wrong with a registry, in plain words, with what to do next.

/// A registry that could not be asked, or did not give what was asked for.
public struct RegistryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What callers decide by.
  public enum Kind: Sendable, Hashable {
    /// No or wrong credentials.
    case unauthorized
    /// Known, and not allowed.
    case denied
    case notFound
    /// 429 to the end.
    case rateLimited
    /// No connection, or one that broke again and again.
    case unreachable
    /// The certificate is not trusted, or TLS itself failed.
    case tls
    /// There is plain HTTP where HTTPS was asked for, and nobody said that it may be.
    case plainHTTP
    /// An answer that the protocol does not allow.
    case invalidAnswer
    /// Content that is not what its digest or size says.
    case mismatch
    /// An answer over its limit.
    case tooBig
    /// The server cannot at the moment (5xx to the end).
    case unavailable
    /// A file of ours is wrong.
    case configuration
    /// The caller wants no more of it.
    case cancelled
    /// Something of this host: a library, a file, a program.
    case local
    /// The registry does not know what was asked (405, 501, …).
    case unsupported
  }

  /// What it is.
  public var kind: Kind
  /// One sentence without a full stop.
  public var message: String
  /// Reasons, such as the registry's own words.
  public var notes: [String]
  /// What to do.
  public var help: String?
  /// Whether the same request may do better later.
  var transience = Transience.never
  /// How long the server asked to be left alone; seconds.
  var retryAfter: UInt64?

  enum Transience: Sendable, Hashable {
    case never
    /// Worth a second attempt, and no more: nobody listens, or the name is not known.
    case once
    case often
  }

  /// With its words.
  public init(_ kind: Kind, _ message: String, notes: [String] = [], help: String? = nil) {
    self.kind = kind
    self.message = message
    self.notes = notes
    self.help = help
  }

  /// All of it in one line.
  public var description: String {
    message + notes.map { "; \($0)" }.joined() + (help.map { " (\($0))" } ?? "")
  }

  /// Whether another source of the same content might do better.
  public var isOfOneSource: Bool {
    switch kind {
    case .configuration, .cancelled, .local: false
    default: true
    }
  }
}
