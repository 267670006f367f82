// The user who starts a stack, as whom the user of a container appears in bind mounts.

/// Numbers as the host has them; in an ordinary user's namespaces that is root, as who the user appears there.
public struct HostUserPlan: Sendable, Hashable, Codable {
  /// nil: nobody knows who it is, since root started it by itself.
  public var uid: UInt32?
  /// See `uid`.
  public var gid: UInt32?

  /// With its values.
  public init(uid: UInt32?, gid: UInt32?) {
    self.uid = uid
    self.gid = gid
  }

  /// `host-user 1000:1000`
  var text: String {
    guard let uid, let gid else { return "host-user" }
    return "host-user \(uid):\(gid)"
  }
}
