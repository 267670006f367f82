// Which container is meant. Every name on the host is derived from this one.

/// One container of a service. Two of them with the same stack, service and index but another slot are two lives of the
/// same place: while one takes over from the other, both are there.
public struct ContainerName: Sendable, Hashable, Codable {
  /// The stack's name.
  public var stack: String
  /// The service's name.
  public var service: String
  /// From 1.
  public var index: Int
  /// 0 or 1: updates that start the new container beside the old one alternate between the two.
  public var slot: Int

  /// The container with this number, from 1.
  public init(stack: String, service: String, index: Int, slot: Int = 0) {
    self.stack = stack
    self.service = service
    self.index = index
    self.slot = slot
  }

  private enum CodingKeys: String, CodingKey { case stack, service, index, slot }

  /// A slot that is not written is the first one.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    stack = try values.decode(String.self, forKey: .stack)
    service = try values.decode(String.self, forKey: .service)
    index = try values.decode(Int.self, forKey: .index)
    slot = try values.decodeIfPresent(Int.self, forKey: .slot) ?? 0
  }

  /// The first slot is not written.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(stack, forKey: .stack)
    try values.encode(service, forKey: .service)
    try values.encode(index, forKey: .index)
    if slot != 0 { try values.encode(slot, forKey: .slot) }
  }

  /// What people see, and what the container itself sees: `<stack>-<service>-<index>`, at most 63 characters; a longer
  /// one ends in a hash of the whole. The same in every life of the container.
  public var display: String { Self.shortened("\(stack)-\(service)-\(index)") }

  /// Its id on the host: `display`, in the second slot with `.b` behind.
  public var id: String {
    switch slot {
    case 0: display
    case Self.preparationSlot: Self.shortened("\(stack)-\(service)-\(index).i")
    default: Self.shortened("\(stack)-\(service)-\(index).b")
    }
  }

  /// In which a container is that prepares another one; no record speaks of it.
  private static let preparationSlot = 2
  /// The container that runs a command before this one starts: `.i` behind its id.
  public var preparation: ContainerName {
    ContainerName(stack: stack, service: service, index: index, slot: Self.preparationSlot)
  }
  /// It only prepares another one.
  public var isPreparation: Bool { slot == Self.preparationSlot }

  /// The same place in the first slot: equal for all lives of one container.
  public var place: ContainerName { ContainerName(stack: stack, service: service, index: index) }

  /// The same place in the other slot.
  public var other: ContainerName {
    ContainerName(stack: stack, service: service, index: index, slot: slot == 0 ? 1 : 0)
  }

  private static func shortened(_ full: String) -> String {
    if full.utf8.count <= 63 { return full }
    return "\(full.prefix(50))-\(StableHash.hex(full, digits: 12))"
  }
}
