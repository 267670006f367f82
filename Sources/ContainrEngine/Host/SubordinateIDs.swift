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

  /// Those of the user `containr` and of nobody else, by the files subuid and subgid of a directory (/etc). Root's own are
  /// what other tools give to containers.
  package init(directory: FilePath) throws(SyscallError) {
    let (users, groups) = (try Self.text(directory.appending("subuid")), try Self.text(directory.appending("subgid")))
    self.init(
      users: Self.own(users, mappedBy: try Kernel.text(of: "/proc/self/uid_map")),
      groups: Self.own(groups, mappedBy: try Kernel.text(of: "/proc/self/gid_map")))
  }

  /// A line that gives some to `containr`, above all that anybody has; nil if there is no room.
  package static func suggestion(directory: FilePath) throws(SyscallError) -> String? {
    var end: UInt64 = 0
    for name in ["subuid", "subgid"] {
      for line in lines(try text(directory.appending(name))) { end = max(end, line.range.upperBound) }
    }
    let step: UInt64 = 1 << 20
    let first = max(1 << 30, (end + step - 1) / step * step)
    let count = UInt64(size) * 1024
    return first + count <= UInt64(UInt32.max) ? "containr:\(first):\(count)" : nil
  }

  /// What is `containr`'s, without what others have as well, and what the user namespace of this process has not: an ordinary
  /// user's has few. `map` is its uid_map or gid_map.
  package static func own(_ text: String, mappedBy map: String) -> [Range<UInt64>] {
    let parts = map.split(separator: "\n").compactMap { line -> Range<UInt64>? in
      let numbers = line.split(separator: " ").compactMap { UInt64($0) }
      return numbers.count == 3 ? numbers[0]..<(numbers[0] + numbers[2]) : nil
    }
    return own(text).flatMap { range in parts.map { range.clamped(to: $0) } }.filter { !$0.isEmpty }
  }

  private static func own(_ text: String) -> [Range<UInt64>] {
    var mine = ranges(text, of: "containr")
    for other in lines(text) where other.name != "containr" {
      mine = mine.flatMap { range in
        [range.clamped(to: 0..<other.range.lowerBound), range.clamped(to: other.range.upperBound..<(1 << 33))]
      }.filter { !$0.isEmpty }
    }
    return mine
  }

  private static func text(_ path: FilePath) throws(SyscallError) -> String {
    do throws(SyscallError) { return try Kernel.text(of: path) } catch {
      if error.errno == 2 { return "" }
      throw error
    }
  }

  /// The ranges of `name:first:count` lines of one user.
  package static func ranges(_ text: String, of name: String) -> [Range<UInt64>] {
    lines(text).filter { $0.name == name }.map(\.range)
  }

  /// The `name:first:count` lines. What is no such line, or could name the host's own users, is not taken.
  private static func lines(_ text: String) -> [(name: Substring, range: Range<UInt64>)] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 3, let first = UInt64(parts[1]), let count = UInt64(parts[2]),
        first >= 65536, count > 0, first <= UInt64(UInt32.max), count <= UInt64(UInt32.max) - first
      else { return nil }
      return (parts[0], first..<(first + count))
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
