// The ids of the host that containers with ids of their own are given (`userns_mode: auto`): ranges of /etc/subuid and
// /etc/subgid, cut into blocks of one size. The cutting is pure.
package import ContainrSystem
package import SystemPackage

/// What may be given out.
package struct SubordinateIDs: Sendable, Hashable {
  /// How many ids a container has: all that 16 bits can name, as images expect.
  package static let size: UInt32 = 65536

  /// Ranges of numbers that are free to use as users and as groups.
  package var ranges: [Range<UInt64>]

  /// Numbers that are in a range of both files.
  package init(users: [Range<UInt64>], groups: [Range<UInt64>]) {
    ranges = users.flatMap { user in groups.map { user.clamped(to: $0) } }.filter { !$0.isEmpty }
      .sorted { $0.lowerBound < $1.lowerBound }
  }

  /// Those of the user `containr`, or of root where there are none, by the files subuid and subgid of a directory (/etc).
  package init(directory: FilePath) throws(SyscallError) {
    let (users, groups) = (try Self.text(directory.appending("subuid")), try Self.text(directory.appending("subgid")))
    var found = SubordinateIDs(users: [], groups: [])
    for name in ["containr", "root"] where found.ranges.isEmpty {
      found = SubordinateIDs(users: Self.ranges(users, of: name), groups: Self.ranges(groups, of: name))
    }
    self = found
  }

  private static func text(_ path: FilePath) throws(SyscallError) -> String {
    do throws(SyscallError) { return try Kernel.text(of: path) } catch {
      if error.errno == 2 { return "" }
      throw error
    }
  }

  /// The ranges of `name:first:count` lines. What is no such line, or could name the host's own users, is not taken.
  package static func ranges(_ text: String, of name: String) -> [Range<UInt64>] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == name, let first = UInt64(parts[1]), let count = UInt64(parts[2]),
        first >= 65536, count > 0, first <= UInt64(UInt32.max), count <= UInt64(UInt32.max) - first
      else { return nil }
      return first..<(first + count)
    }
  }

  /// Whether a block lies in what may be given out.
  package func holds(_ base: UInt32) -> Bool {
    let block = UInt64(base)..<(UInt64(base) + UInt64(Self.size))
    return ranges.contains { $0.lowerBound <= block.lowerBound && block.upperBound <= $0.upperBound }
  }

  /// The lowest block that overlaps none of these; nil if there is none.
  package func free(beside taken: [UInt32]) -> UInt32? {
    let size = UInt64(Self.size)
    let taken = taken.sorted().map { UInt64($0) }
    for range in ranges {
      var base = range.lowerBound
      while base + size <= range.upperBound {
        // The blocks that are taken are as large as ours: only one that begins within a size can be in the way.
        guard let other = taken.last(where: { $0 < base + size && $0 + size > base }) else { return UInt32(base) }
        base = other + size
      }
    }
    return nil
  }

  /// How many blocks there are in all.
  package var count: Int { ranges.reduce(0) { $0 + Int(($1.upperBound - $1.lowerBound) / UInt64(Self.size)) } }
}
