// One value for one file of a cgroup, and how to read it back. Pure.

/// A step of applying limits.
public struct CgroupWrite: Sendable, Hashable {
  /// The limit's name: `memory.limit`, `cpu.quota`, …
  public var field: String
  /// The controller whose hierarchy (v1) holds the file.
  public var controller: String
  /// Its name in the cgroup's directory.
  public var file: String
  /// The bytes of one write(2).
  public var value: String
  /// How the file's text compares with `value`.
  var form: CgroupValueForm
  /// Whether it was asked for; otherwise it is the value of a cgroup without this limit.
  var asked = true
  /// Only where the kernel has the file: it makes another write stronger.
  var isExtra = false

  init(
    _ field: String, _ controller: String, _ file: String, _ value: String, _ form: CgroupValueForm = .exact,
    asked: Bool = true, isExtra: Bool = false
  ) {
    self.isExtra = isExtra
    self.field = field
    self.controller = controller
    self.file = file
    self.value = value
    self.form = form
    self.asked = asked
  }
}

/// The kernel prints a value in its own form: how that is understood.
enum CgroupValueForm: Sendable, Hashable {
  /// As written.
  case exact
  /// Bytes, rounded down to pages; `-1`, `max` and v1's greatest number mean unlimited.
  case bytes
  /// Numbers and ranges: `0-3,7`.
  case list
  /// v2 `io.weight`: the line `default N`.
  case defaultWeight
  /// A line `MAJ:MIN N` in a file with one line a device; no line is 0.
  case device(String)
  /// v2 `io.max`: the value of `name=` in the line of a device; no line is `max`.
  case ioMax(device: String, name: String)
  /// A line `NAME N` among others; the value alone is written.
  case named(String)
  /// Written, never read back by itself (v1's devices.allow and devices.deny).
  case command

  /// The part of a file's text that this write sets, in the form of `value`'s normal form.
  func found(in text: String) -> String {
    switch self {
    case .exact, .command: return text
    case .bytes: return Self.bytes(text)
    case .list: return Self.list(text)
    case .defaultWeight:
      for line in text.split(separator: "\n") where line.hasPrefix("default ") { return String(line.dropFirst(8)) }
      return text
    case .device(let key), .named(let key): return Self.line(of: key, in: text) ?? "0"
    case .ioMax(let key, let name):
      let pairs = Self.line(of: key, in: text)?.split(separator: " ") ?? []
      for pair in pairs where pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.utf8.count + 1)) }
      return "max"
    }
  }

  /// What `found` gives once `value` is in force.
  func expected(_ value: String) -> String {
    switch self {
    case .exact, .command, .defaultWeight, .named: return value
    case .bytes: return Self.bytes(value)
    case .list: return Self.list(value)
    case .device(let key): return String(value.dropFirst(key.utf8.count + 1))
    case .ioMax(let key, let name): return String(value.dropFirst(key.utf8.count + name.utf8.count + 2))
    }
  }

  /// The rest of the line that begins with `key`.
  private static func line(of key: String, in text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix("\(key) ") {
      return String(line.dropFirst(key.utf8.count + 1))
    }
    return nil
  }

  /// `unlimited`, or bytes in whole pages.
  static func bytes(_ text: String) -> String {
    guard let value = Int64(text) else { return text == "max" ? "unlimited" : text }
    if value < 0 || value >= CgroupReading.v1Unlimited { return "unlimited" }
    return String(value - value % CgroupReading.pageSize)
  }

  /// `0-1,3` from any spelling of the same numbers; unreadable text stays as it is.
  static func list(_ text: String) -> String {
    if text == "\n" { return "" }
    guard let numbers = numbers(text) else { return text }
    var parts: [String] = []
    var rest = numbers[...]
    while let first = rest.popFirst() {
      var last = first
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }

  /// The sorted numbers of a cpu or memory node list; nil if it is none. At most 65536 (a hostile range is not expanded).
  static func numbers(_ text: String) -> [Int]? {
    var all: Set<Int> = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first >= 0, first <= last,
        last < 65536
      else { return nil }
      all.formUnion(first...last)
    }
    return all.sorted()
  }
}
