// What the clocks of a place show: the transitions of a TZif file (RFC 8536), and after the last of them the rule at its end.
// Pure: the file's bytes are given.

/// Offsets from UTC, in seconds.
public struct TimeZoneRules: Sendable, Hashable {
  /// UTC, whatever the time.
  public static let utc = TimeZoneRules()

  private var times: [Int64] = []
  /// Offsets from each time on.
  private var offsets: [Int] = []
  /// Before the first one.
  private var first = 0
  /// After the last one; nil: as that says.
  private var rule: RecurringZone?

  private init() {}

  /// nil for bytes that are no such file.
  public init?(_ file: [UInt8]) {
    var reader = TZifReader(bytes: file)
    guard var header = reader.header() else { return nil }
    var isLong = false
    if header.version >= UInt8(ascii: "2") {
      guard reader.skip(header.length(isLong: false)), let second = reader.header() else { return nil }
      (header, isLong) = (second, true)
    }
    guard header.types > 0, let times = reader.times(header.times, isLong: isLong),
      let indices = reader.take(header.times), let types = reader.take(header.types * 6),
      reader.skip(header.rest(isLong: isLong))
    else { return nil }
    func offset(_ type: Int) -> Int {
      Int(Int32(bitPattern: types[type * 6..<type * 6 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
    }
    guard indices.allSatisfy({ Int($0) < header.types }) else { return nil }
    self.times = times
    offsets = indices.map { offset(Int($0)) }
    first = offset(0)
    if isLong, let footer = reader.footer(), !footer.isEmpty {
      guard let rule = RecurringZone(footer) else { return nil }
      self.rule = rule
    }
  }

  /// What is to be added to a time (seconds since 1970) for what the clocks show then.
  public func offset(at time: Int64) -> Int {
    if let rule, time >= times.last ?? Int64.min { return rule.offset(at: time) }
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  /// The first time at which the clocks show this (seconds since 1970 as if it were UTC), or, where they are put forward over
  /// it, the time at which that happens.
  func time(showing local: Int64) -> Int64 {
    let (before, after) = (offset(at: local - 86_400), offset(at: local + 86_400))
    for offset in [before, after].sorted(by: >) {
      let time = local - Int64(offset)
      if self.offset(at: time) == offset { return time }
    }
    var (low, high) = (local - 86_400, local + 86_400)
    while low < high {
      let middle = low + (high - low) / 2
      if offset(at: middle) == before { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The parts of such a file, one after the other.
private struct TZifReader {
  struct Header {
    var version: UInt8
    /// In the order in which the file has them.
    var counts: [Int]
    var times: Int { counts[3] }
    var types: Int { counts[4] }

    /// What follows the types: names, leap seconds, and two lists of flags.
    func rest(isLong: Bool) -> Int { counts[5] + counts[2] * (isLong ? 12 : 8) + counts[1] + counts[0] }
    func length(isLong: Bool) -> Int { times * (isLong ? 9 : 5) + types * 6 + rest(isLong: isLong) }
  }

  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func take(_ count: Int) -> [UInt8]? {
    guard count >= 0, count <= bytes.count - place else { return nil }
    place += count
    return Array(bytes[place - count..<place])
  }

  mutating func skip(_ count: Int) -> Bool { take(count) != nil }

  mutating func header() -> Header? {
    guard let head = take(44), head.starts(with: Array("TZif".utf8)) else { return nil }
    let counts = (0..<6).map { index in
      head[20 + index * 4..<24 + index * 4].reduce(0) { $0 << 8 | Int($1) }
    }
    // More than any place ever had: then nothing here overflows.
    guard counts.allSatisfy({ $0 < 1 << 20 }) else { return nil }
    return Header(version: head[4], counts: counts)
  }

  mutating func times(_ count: Int, isLong: Bool) -> [Int64]? {
    let width = isLong ? 8 : 4
    guard let block = take(count * width) else { return nil }
    return (0..<count).map { index in
      let value = block[index * width..<(index + 1) * width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return isLong ? Int64(bitPattern: value) : Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: value)))
    }
  }

  /// The line at the end.
  mutating func footer() -> String? {
    guard let rest = take(bytes.count - place), rest.count >= 2, rest.first == 0x0a, rest.last == 0x0a else {
      return nil
    }
    return String(decoding: rest.dropFirst().dropLast(), as: UTF8.self)
  }
}
