// Seconds since 1970 as a date. Pure.
internal import ContainrTelemetry

/// Dates in UTC.
public enum UTCTime {
  /// `2026-11-26T13:15:00Z` (RFC 3339); what lies before 1970 is 1970.
  public static func text(_ seconds: Int) -> String {
    LogTimestamp.seconds(UInt64(clamping: seconds) * 1_000_000_000)
  }
}
