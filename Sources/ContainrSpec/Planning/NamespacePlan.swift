// Whose namespaces a service uses: `network_mode`, `ipc`, `pid`, `uts`, `cgroup`, `userns_mode`.

/// One namespace that is not simply the container's own.
public struct NamespacePlan: Sendable, Hashable, Codable {
  /// Which one; the raw value is the Compose key.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case cgroup
    case ipc
    case network = "network_mode"
    case pid
    case user = "userns_mode"
    case uts
  }
  /// Whose it is.
  public enum Owner: Sendable, Hashable {
    /// The container's, and empty: no network, no /dev/shm.
    case empty
    case host
    /// The first container of a service of this stack.
    case service(String)
    /// A container of any stack, by its name.
    case container(String)
    /// A range of ids of its own (`userns_mode: auto`).
    case automatic
  }
  /// Which one.
  public var kind: Kind
  /// Whose it is.
  public var owner: Owner

  /// One namespace and its owner.
  public init(_ kind: Kind, _ owner: Owner) {
    self.kind = kind
    self.owner = owner
  }

  /// `host`, `service:db`: as in the file.
  public var text: String {
    switch owner {
    case .empty: "none"
    case .host: "host"
    case .service(let name): "service:\(name)"
    case .container(let name): "container:\(name)"
    case .automatic: "auto"
    }
  }

  /// Reads what `encode` wrote.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    kind = try values.decode(Kind.self, forKey: .kind)
    let text = try values.decode(String.self, forKey: .owner)
    guard let owner = Owner(text) else {
      throw DecodingError.dataCorruptedError(forKey: .owner, in: values, debugDescription: "no owner: \(text)")
    }
    self.owner = owner
  }

  /// Kind and text.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(kind, forKey: .kind)
    try values.encode(text, forKey: .owner)
  }

  private enum Key: String, CodingKey { case kind, owner }
}

extension NamespacePlan.Owner {
  /// The owner of a text as `NamespacePlan.text` writes it.
  init?(_ text: String) {
    switch text {
    case "none": self = .empty
    case "host": self = .host
    case "auto": self = .automatic
    default:
      if text.hasPrefix("service:") {
        self = .service(String(text.dropFirst(8)))
      } else if text.hasPrefix("container:") {
        self = .container(String(text.dropFirst(10)))
      } else {
        return nil
      }
    }
  }
}

extension ServicePlan {
  /// Whose namespace of this kind it uses; nil: its own.
  public func namespace(_ kind: NamespacePlan.Kind) -> NamespacePlan.Owner? {
    namespaces.first { $0.kind == kind }?.owner
  }
}
