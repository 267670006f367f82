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
