// Which container is meant. Every name on the host is derived from this one.

/// One container of a service.
public struct ContainerName: Sendable, Hashable, Codable {
  /// The stack's name.
  public var stack: String
  /// The service's name.
  public var service: String
  /// From 1.
  public var index: Int

  /// The container with this number, from 1.
  public init(stack: String, service: String, index: Int) {
    self.stack = stack
    self.service = service
    self.index = index
  }

  /// `<stack>-<service>-<index>`, at most 63 characters: a longer one ends in a hash of the whole.
  public var id: String {
    let full = "\(stack)-\(service)-\(index)"
    if full.utf8.count <= 63 { return full }
    return "\(full.prefix(50))-\(StableHash.hex(full, digits: 12))"
  }
}
