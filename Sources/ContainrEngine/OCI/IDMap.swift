// The ids of a user namespace: which numbers inside are which outside. Pure.

/// The maps of one user namespace.
public struct IDMap: Sendable, Hashable {
  /// At most 340 ranges, none of them over another (user_namespaces(7)).
  public var uids: [OCIIDMapping]
  /// See `uids`.
  public var gids: [OCIIDMapping]

  /// Two maps.
  public init(uids: [OCIIDMapping], gids: [OCIIDMapping]) {
    self.uids = uids
    self.gids = gids
  }

  /// No ids at all: no user namespace of its own.
  public var isEmpty: Bool { uids.isEmpty && gids.isEmpty }

  /// The text of uid_map and gid_map: `inside outside count` a line.
  public static func text(_ ranges: [OCIIDMapping]) -> String {
    ranges.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
  }

  /// The id outside of an id inside; nil if it has none.
  public static func host(_ id: UInt32, in ranges: [OCIIDMapping]) -> UInt32? {
    for range in ranges where id >= range.containerID && UInt64(id) < UInt64(range.containerID) + UInt64(range.size) {
      return range.hostID + (id - range.containerID)
    }
    return nil
  }

  /// Why the kernel would refuse these ranges; nil if it would not.
  public static func fault(in ranges: [OCIIDMapping]) -> String? {
    if ranges.isEmpty { return "names no ids" }
    if ranges.count > 340 { return "has over 340 ranges" }
    for (index, range) in ranges.enumerated() {
      if range.size == 0 { return "range \(index) is empty" }
      for (start, side) in [(range.containerID, "inside"), (range.hostID, "outside")]
      where UInt64(start) + UInt64(range.size) > UInt64(UInt32.max) {
        return "range \(index) runs over the greatest id \(side)"
      }
      for other in ranges[..<index] {
        if overlap(range.containerID, other.containerID, range.size, other.size) {
          return "range \(index) has ids inside that another has"
        }
        if overlap(range.hostID, other.hostID, range.size, other.size) {
          return "range \(index) has ids outside that another has"
        }
      }
    }
    return nil
  }

  private static func overlap(_ a: UInt32, _ b: UInt32, _ sizeOfA: UInt32, _ sizeOfB: UInt32) -> Bool {
    UInt64(a) < UInt64(b) + UInt64(sizeOfB) && UInt64(b) < UInt64(a) + UInt64(sizeOfA)
  }
}
