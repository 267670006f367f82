// Configs and secrets: where their content comes from, and where it goes in a container. What a secret is never stands
// in a plan's encoded form: only how to get at it.

/// One config or secret of the stack.
public struct ContentPlan: Sendable, Hashable, Codable {
  /// Under which section it is declared; the raw value is the word for one of them.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case config, secret

    /// The key of the section, at the top level and in a service.
    public var section: String { rawValue + "s" }
  }
  /// Where the content comes from.
  public enum Source: Sendable, Hashable, Codable {
    /// An absolute path of the host.
    case file(String)
    /// A variable. `file`: the absolute path of the environment file that sets it; nil: the environment of the command.
    case environment(String, file: String?)
    /// The text itself; configs only.
    case content(String)
  }
  /// Under which section it is declared.
  public var kind: Kind
  /// Its key there.
  public var key: String
  /// Where the content comes from.
  public var source: Source
  /// The value of the variable, as far as it is known. Not part of the encoded form.
  public var value: Withheld?
  /// Where the source stands.
  public var location: SourceLocation?

  /// A config or secret.
  public init(
    kind: Kind, key: String, source: Source, value: Withheld? = nil, location: SourceLocation? = nil
  ) {
    self.kind = kind
    self.key = key
    self.source = source
    self.value = value
    self.location = location
  }
}

/// A config or secret in a service's containers: a read-only file.
public struct FilePlan: Sendable, Hashable, Codable {
  /// Which section it is from.
  public var kind: ContentPlan.Kind
  /// Its key there.
  public var source: String
  /// Absolute path inside the container, normalised.
  public var target: String
  /// The file's owner.
  public var uid: UInt32
  /// The file's group.
  public var gid: UInt32
  /// Permission bits.
  public var mode: Int

  /// A file; what is left out is root's and readable for all.
  public init(
    kind: ContentPlan.Kind, source: String, target: String, uid: UInt32 = 0, gid: UInt32 = 0, mode: Int = 0o444
  ) {
    self.kind = kind
    self.source = source
    self.target = target
    self.uid = uid
    self.gid = gid
    self.mode = mode
  }

  /// The path of its field: `secrets./run/secrets/token`.
  public var path: String { "\(kind.section).\(target)" }

  /// Its mode lets it be executed: it is a program, such as the script of an entry point.
  public var isExecutable: Bool { mode & 0o111 != 0 }
}

/// What a running container does when the content of one of its files has changed.
public enum ChangeReaction: Sendable, Hashable, Codable, RawRepresentable {
  /// Nothing: the new content is there.
  case none
  /// Its first process gets this signal, a name with `SIG`.
  case signal(String)
  case restart
  case recreate

  /// From Containr's word for it.
  public init?(rawValue: String) {
    switch rawValue {
    case "none": self = .none
    case "restart": self = .restart
    case "recreate": self = .recreate
    case _ where rawValue.hasPrefix("signal:SIG"): self = .signal(String(rawValue.dropFirst(7)))
    default: return nil
    }
  }

  /// Containr's word for it.
  public var rawValue: String {
    switch self {
    case .none: "none"
    case .signal(let name): "signal:\(name)"
    case .restart: "restart"
    case .recreate: "recreate"
    }
  }
}
