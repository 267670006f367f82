// The mounts of a container held against those it started with. Pure: two texts of /proc/PID/mountinfo.
internal import ContainrReconcile

/// One line of mountinfo, as far as it says what stands where.
struct MountLine: Hashable {
  /// Where, with the kernel's escapes.
  var place: String
  /// What of its file system is mounted.
  var root: String
  /// `0:48`.
  var device: String
  /// The file system's type.
  var type: String
  /// Of the protecting ones, in the order of `protections`.
  var flags: [String]

  static let protections = ["ro", "nosuid", "nodev", "noexec", "nosymfollow"]

  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { return nil }
    device = String(words[2])
    // A file that was replaced in its directory is still what is mounted.
    root = words[3].hasSuffix("//deleted") ? String(words[3].dropLast(9)) : String(words[3])
    place = String(words[4])
    let options = words[5].split(separator: ",").map(String.init)
    flags = Self.protections.filter(options.contains)
    type = String(words[dash + 1])
  }

  static func all(_ text: String) -> [MountLine] { text.split(separator: "\n").compactMap { MountLine($0) } }

  /// The same thing at the same place, whatever its flags.
  func isSame(as other: MountLine) -> Bool {
    place == other.place && root == other.root && device == other.device && type == other.type
  }

  /// `tmpfs ro,nosuid`, or of two that differ in nothing else `ext4 /srv/data rw`.
  var words: String {
    let access = flags.first == "ro" ? flags : ["rw"] + flags
    return "\(type)\(root == "/" ? "" : " \(root)") \(access.joined(separator: ","))"
  }
}

enum MountDrift {
  /// What differs. `isFree`: the program may mount by itself (CAP_SYS_ADMIN), so that what it adds or makes stricter is its
  /// own affair. Nothing of it can be put right under a program that runs: what happened meanwhile is not known.
  static func differences(then: [UInt8], now: [UInt8], isFree: Bool) -> [ObservedDrift] {
    if then == now { return [] }
    return differences(
      then: String(decoding: then, as: UTF8.self), now: String(decoding: now, as: UTF8.self), isFree: isFree)
  }

  static func differences(then: String, now: String, isFree: Bool) -> [ObservedDrift] {
    var left = MountLine.all(now)
    var drift: [ObservedDrift] = []
    var missing: [MountLine] = []
    for line in MountLine.all(then) {
      guard let index = left.firstIndex(where: { $0.isSame(as: line) }) else {
        missing.append(line)
        continue
      }
      let other = left.remove(at: index)
      if other.flags == line.flags || (isFree && Set(other.flags).isSuperset(of: line.flags)) { continue }
      drift.append(difference(line.place, line.words, other.words))
    }
    for line in missing {
      let index = left.firstIndex { $0.place == line.place }
      drift.append(difference(line.place, line.words, index.map { left.remove(at: $0).words } ?? "not mounted"))
    }
    if !isFree { drift += left.map { difference($0.place, "not mounted", $0.words) } }
    return drift.sorted { $0.what < $1.what }
  }

  private static func difference(_ place: String, _ expected: String, _ actual: String) -> ObservedDrift {
    ObservedDrift(what: "mount \(place)", expected: expected, actual: actual, repairable: false)
  }
}
