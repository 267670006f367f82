// RFC 3339 in UTC with nanoseconds, written without allocation. Pure.

/// A point in time as the log's text.
public enum LogTimestamp {
  /// Bytes of the text: `2026-11-23T16:48:07.123456789Z`.
  public static let length = 30

  /// Appends the text of nanoseconds since 1970 to `bytes`.
  public static func append(_ nanoseconds: UInt64, to bytes: inout [UInt8]) {
    let seconds = nanoseconds / 1_000_000_000
    let date = civil(days: Int(seconds / 86400))
    digits(date.year, 4, &bytes)
    bytes.append(UInt8(ascii: "-"))
    digits(date.month, 2, &bytes)
    bytes.append(UInt8(ascii: "-"))
    digits(date.day, 2, &bytes)
    bytes.append(UInt8(ascii: "T"))
    let time = Int(seconds % 86400)
    digits(time / 3600, 2, &bytes)
    bytes.append(UInt8(ascii: ":"))
    digits(time / 60 % 60, 2, &bytes)
    bytes.append(UInt8(ascii: ":"))
    digits(time % 60, 2, &bytes)
    bytes.append(UInt8(ascii: "."))
    digits(Int(nanoseconds % 1_000_000_000), 9, &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Nanoseconds since 1970 of a text of RFC 3339: a day, a time to the second or finer, `Z` or an offset; what is left out
  /// is 0 and UTC. nil for what is none.
  public static func nanoseconds(of text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int, _ range: ClosedRange<Int>) -> Int? {
      guard from + count <= bytes.count, bytes[from..<(from + count)].allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      let value = bytes[from..<(from + count)].reduce(0) { $0 * 10 + Int($1 - 0x30) }
      return range.contains(value) ? value : nil
    }
    func mark(_ at: Int, _ words: String) -> Bool { at < bytes.count && words.utf8.contains(bytes[at]) }
    guard let year = number(0, 4, 1970...2500), mark(4, "-"), let month = number(5, 2, 1...12), mark(7, "-"),
      let day = number(8, 2, 1...31)
    else { return nil }
    var seconds = days(year: year, month: month, day: day) * 86400
    var fraction: UInt64 = 0
    var at = 10
    if at < bytes.count {
      guard mark(10, "Tt "), let hour = number(11, 2, 0...23), mark(13, ":"), let minute = number(14, 2, 0...59) else {
        return nil
      }
      seconds += hour * 3600 + minute * 60
      at = 16
      if mark(at, ":") {
        guard let second = number(17, 2, 0...60) else { return nil }
        seconds += second
        at = 19
        if mark(at, ".") {
          at += 1
          var unit: UInt64 = 100_000_000
          let first = at
          while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
            fraction += UInt64(bytes[at] - 0x30) * unit
            unit /= 10
            at += 1
          }
          if at == first { return nil }
        }
      }
      if mark(at, "Zz") {
        at += 1
      } else if mark(at, "+-") {
        guard let hours = number(at + 1, 2, 0...23), mark(at + 3, ":"), let minutes = number(at + 4, 2, 0...59) else {
          return nil
        }
        seconds -= (hours * 3600 + minutes * 60) * (mark(at, "-") ? -1 : 1)
        at += 6
      }
    }
    guard at == bytes.count, seconds >= 0 else { return nil }
    return UInt64(seconds) * 1_000_000_000 + fraction
  }

  /// Days since 1970 of a day of the Gregorian calendar (Hinnant's algorithm).
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The same to the second: `2026-11-23T16:48:07Z`.
  public static func seconds(_ nanoseconds: UInt64) -> String { text(nanoseconds).prefix(19) + "Z" }

  /// The same as a string.
  public static func text(_ nanoseconds: UInt64) -> String {
    var bytes: [UInt8] = []
    append(nanoseconds, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digits(_ value: Int, _ count: Int, _ bytes: inout [UInt8]) {
    var divisor = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }

  /// The Gregorian date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }
}
