// Ids of which two are exchanged: how a container's user and the user of the host appear as each other. Pure.
package import ContainrOCI

/// A user and a group by their numbers.
package struct UserIDs: Sendable, Hashable {
  package var uid: UInt32
  package var gid: UInt32

  /// With its values.
  package init(_ uid: UInt32, _ gid: UInt32) { (self.uid, self.gid) = (uid, gid) }

  /// Root.
  package static let root = UserIDs(0, 0)
}

/// How many users and groups there are.
package struct IDCounts: Sendable, Hashable {
  package var users: UInt32
  package var groups: UInt32

  /// With its values.
  package init(users: UInt32, groups: UInt32) { (self.users, self.groups) = (users, groups) }
}

/// Maps of ids.
package enum HostUserMap {
  /// All ids below `end` as they are, but one as the other and the other as the one. Read either way it says the same. Both
  /// are below `end`.
  package static func exchanging(
    _ a: UInt32, _ b: UInt32, below end: UInt32 = .max
  ) -> [OCIIDMapping] {
    // The kernel takes no range over the end of one of the namespace above, and an ordinary user's first is root alone.
    if a == b {
      let whole = [
        OCIIDMapping(containerID: 0, hostID: 0, size: min(1, end)),
        OCIIDMapping(containerID: 1, hostID: 1, size: end - min(1, end)),
      ]
      return whole.filter { $0.size > 0 }
    }
    let (low, high) = (min(a, b), max(a, b))
    let ranges = [
      OCIIDMapping(containerID: 0, hostID: 0, size: min(1, low)),
      OCIIDMapping(containerID: 1, hostID: 1, size: low - min(1, low)),
      OCIIDMapping(containerID: low, hostID: high, size: 1),
      OCIIDMapping(containerID: low + 1, hostID: low + 1, size: high - low - 1),
      OCIIDMapping(containerID: high, hostID: low, size: 1),
      OCIIDMapping(containerID: high + 1, hostID: high + 1, size: end - high - 1),
    ]
    return ranges.filter { $0.size > 0 }
  }

  /// The one for the other.
  package static func exchanged(_ id: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32 { id == a ? b : id == b ? a : id }
}
