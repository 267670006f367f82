// Resolving `user[:group]` against the bytes of an image's passwd and group files. Pure; the caller opens the files
// inside the root by descriptor, regular files only. Both are hostile: numbers are strict, sizes are capped.

/// A user as a process becomes it.
public struct ResolvedUser: Sendable, Hashable {
  /// User id.
  public var uid: UInt32
  /// Primary group id.
  public var gid: UInt32
  /// Supplementary groups, the primary one among them, sorted: so that a group's denial cannot be shed.
  public var groups: [UInt32]
  /// From passwd, else `/`.
  public var home: String
  /// From passwd, if the user is in there.
  public var name: String?
}

/// The lookup.
public enum UserLookup {
  /// The greatest passwd or group file that is read, bytes (CVE-2026-47262).
  public static let limit = 1 << 20

  /// Resolves `""` (root), `user`, `uid`, `user:group`, `uid:gid`. A number is never looked up as a name, and one that is
  /// over 4294967294 is an error (CVE-2024-40635). An explicit group leaves out the group file's memberships.
  public static func resolve(
    _ text: String, passwd: [UInt8]?, group: [UInt8]?, additional: [String] = []
  ) throws(SecurityError) -> ResolvedUser {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let wantedUser = parts.first ?? ""
    let wantedGroup = parts.count > 1 ? parts[1] : ""
    if parts.count > 1, wantedGroup.isEmpty { throw refuse(text, "names no group after the colon") }
    let users = try table(passwd, "/etc/passwd", fields: 7)
    let groups = try table(group, "/etc/group", fields: 4)

    var user = ResolvedUser(uid: 0, gid: 0, groups: [], home: "/")
    let entry: [String]?
    if let uid = try number(wantedUser.isEmpty ? "0" : wantedUser, of: text) {
      user.uid = uid
      entry = users.first { UInt32(strict: $0[2]) == uid }
    } else {
      entry = users.first { $0[0] == wantedUser }
      guard let entry else { throw refuse(text, "no user `\(wantedUser)` in the image's /etc/passwd") }
      guard let uid = try number(entry[2], of: text) else { throw refuse(text, "its line in /etc/passwd has no uid") }
      user.uid = uid
    }
    if let entry {
      guard let gid = try number(entry[3], of: text) else { throw refuse(text, "its line in /etc/passwd has no gid") }
      user.gid = gid
      user.name = entry[0]
      if entry[5].hasPrefix("/") { user.home = entry[5] }
    }
    var all: [UInt32] = []
    if !wantedGroup.isEmpty {
      user.gid = try resolveGroup(wantedGroup, groups, of: text)
    } else if let name = user.name {
      for line in groups where line[3].split(separator: ",").contains(Substring(name)) {
        guard let gid = try number(line[2], of: text) else { throw refuse(text, "group `\(line[0])` has no gid") }
        all.append(gid)
      }
    }
    for name in additional { all.append(try resolveGroup(name, groups, of: name)) }
    all.append(user.gid)
    all.sort()
    for gid in all where gid != user.groups.last { user.groups.append(gid) }
    return user
  }

  private static func resolveGroup(
    _ name: String, _ groups: [[String]], of text: String
  ) throws(SecurityError) -> UInt32 {
    if let gid = try number(name, of: text) { return gid }
    guard let entry = groups.first(where: { $0[0] == name }) else {
      throw refuse(text, "no group `\(name)` in the image's /etc/group")
    }
    guard let gid = try number(entry[2], of: text) else { throw refuse(text, "its line in /etc/group has no gid") }
    return gid
  }

  /// A number if the text is all digits; digits beyond 2^32-2 are an error, not a name.
  private static func number(_ field: String, of text: String) throws(SecurityError) -> UInt32? {
    guard !field.isEmpty, field.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard let number = UInt32(strict: field) else { throw refuse(text, "\(field) is over the greatest id, 4294967294") }
    return number
  }

  /// The well-formed lines of a file. By hand: this is on the way of every start, and what `split` makes of bytes takes the
  /// runtime longer to set up than the reading takes.
  private static func table(_ bytes: [UInt8]?, _ file: String, fields: Int) throws(SecurityError) -> [[String]] {
    guard let bytes else { return [] }
    if bytes.count > limit { throw refuse(file, "is over 1 MB") }
    var lines: [[String]] = []
    var parts: [String] = []
    var start = 0
    for index in 0...bytes.count {
      let isEnd = index == bytes.count || bytes[index] == 10
      if !isEnd && bytes[index] != 0x3A { continue }
      parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
      start = index + 1
      if isEnd {
        if parts.count >= fields { lines.append(parts) }
        parts = []
      }
    }
    return lines
  }

  private static func refuse(_ value: String, _ reason: String) -> SecurityError {
    SecurityError(field: "user", value: value, reason: reason)
  }
}

extension UInt32 {
  /// Decimal digits only, at most 2^32-2: the last number means "no change" to the kernel.
  init?(strict text: String) {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt32(text),
      value != .max
    else { return nil }
    self = value
  }
}
