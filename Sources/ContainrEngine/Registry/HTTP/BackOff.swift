// When to ask again. Pure but for the dice, which tests bring along.

/// Exponential waiting with full jitter, so that many clients do not come back at the same moment.
public struct BackOff: Sendable, Hashable {
  /// How often one thing is tried in all.
  public var attempts = 5
  /// The longest first wait.
  public var baseMilliseconds: UInt64 = 500
  /// The longest wait of all.
  public var capMilliseconds: UInt64 = 20_000
  /// A registry that asks for more patience than this gets none.
  public var longestRetryAfterSeconds: UInt64 = 60

  /// Five attempts in about fifteen seconds.
  public init() {}

  /// The wait after attempt `attempt` (from 1); nil: give up. `retryAfter` is what the server asked for, in seconds.
  func wait(after attempt: Int, retryAfter: UInt64?, dice: (UInt64) -> UInt64) -> UInt64? {
    guard attempt < attempts else { return nil }
    if let retryAfter {
      // Not earlier than asked, and not all at once.
      return retryAfter > longestRetryAfterSeconds ? nil : retryAfter * 1000 + dice(min(baseMilliseconds, 250))
    }
    let most = min(capMilliseconds, baseMilliseconds << UInt64(min(attempt - 1, 16)))
    // At least half: a dice of 0 would be no wait at all.
    return most / 2 + dice(most - most / 2)
  }

  /// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3) that is held against the server's own `Date`, whose clock it is.
  static func seconds(retryAfter text: String, date: String?) -> UInt64? {
    if let seconds = UInt64(text) { return seconds }
    guard let then = HTTPDate.seconds(text), let now = date.flatMap(HTTPDate.seconds) else { return nil }
    return then > now ? then - now : 0
  }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970; nil for another form.
  static func seconds(_ text: String) -> UInt64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), 1...31 ~= day,
      let month = months.firstIndex(of: String(words[2])), let year = Int(words[3]), 1970...9999 ~= year
    else { return nil }
    let time = words[4].split(separator: ":").compactMap { Int($0) }
    guard time.count == 3, 0...23 ~= time[0], 0...59 ~= time[1], 0...60 ~= time[2] else { return nil }
    // Days since 1970 of the proleptic Gregorian calendar, years counted from March.
    let y = month < 2 ? year - 1 : year
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * ((month + 10) % 12) + 2) / 5 + day - 1 - 719_468
    return UInt64(days * 86400 + time[0] * 3600 + time[1] * 60 + time[2])
  }
}
