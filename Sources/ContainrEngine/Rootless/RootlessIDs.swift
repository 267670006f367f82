// Which ids the user's containers have: the user's own as root, and behind it the ranges of /etc/subuid and /etc/subgid. Pure,
// but for the reading of the files.
public import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// The ids of one user.
public enum RootlessIDs {
  /// The map for a user with these lines of subuid and subgid; of the user's own ids alone if either has none. `name` is nil
  /// if the user has none; who is meant by number counts as well (subuid(5)).
  public static func map(uid: UInt32, gid: UInt32, name: String?, subuid: String, subgid: String) -> IDMap {
    let (users, groups) = (ranges(subuid, uid, name), ranges(subgid, uid, name))
    guard !users.isEmpty, !groups.isEmpty else {
      return IDMap(
        uids: [OCIIDMapping(containerID: 0, hostID: uid, size: 1)],
        gids: [OCIIDMapping(containerID: 0, hostID: gid, size: 1)])
    }
    return IDMap(uids: stacked(uid, users), gids: stacked(gid, groups))
  }

  /// The user's own id as 0, and the ranges one behind the other from 1.
  private static func stacked(_ own: UInt32, _ ranges: [(first: UInt32, count: UInt32)]) -> [OCIIDMapping] {
    var map = [OCIIDMapping(containerID: 0, hostID: own, size: 1)]
    var next: UInt32 = 1
    // The kernel takes 340 lines (user_namespaces(7)).
    for range in ranges.prefix(339) {
      let count = min(range.count, UInt32.max - next)
      if count == 0 { break }
      map.append(OCIIDMapping(containerID: next, hostID: range.first, size: count))
      next += count
    }
    return map
  }

  private static func ranges(_ text: String, _ uid: UInt32, _ name: String?) -> [(first: UInt32, count: UInt32)] {
    var found: [(first: UInt32, count: UInt32)] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count == 3, let first = UInt32(fields[1]), let count = UInt32(fields[2]), first > 0, count > 0,
        count <= UInt32.max - first, fields[0] == String(uid) || (name != nil && fields[0] == name ?? "")
      else { continue }
      // newuidmap(1) takes no range over the user's own id a second time.
      if first <= uid, uid < first + count { continue }
      if !found.contains(where: { $0.first < first + count && first < $0.first + $0.count }) {
        found.append((first, count))
      }
    }
    return found
  }

  /// The name of a user in the text of /etc/passwd (passwd(5)).
  public static func name(of uid: UInt32, passwd: String) -> String? {
    for line in passwd.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, UInt32(fields[2]) == uid, !fields[0].isEmpty { return String(fields[0]) }
    }
    return nil
  }

  /// The map by this host's files.
  static func ofHost(uid: UInt32, gid: UInt32, directory: FilePath = "/etc") throws(SyscallError) -> IDMap {
    func text(_ name: String) throws(SyscallError) -> String {
      do throws(SyscallError) { return try Kernel.text(of: directory.appending(name)) } catch {
        if error.errno == 2 { return "" }
        throw error
      }
    }
    return map(
      uid: uid, gid: gid, name: name(of: uid, passwd: try text("passwd")), subuid: try text("subuid"),
      subgid: try text("subgid"))
  }
}
