// The kernel's clocks.
internal import CContainrLinux

extension Kernel {
  /// Nanoseconds since 1970 (CLOCK_REALTIME).
  public static func realTime() -> UInt64 { cl_realtime_ns() }
  /// Does nothing for a while; a signal ends it early.
  public static func pause(milliseconds: Int32) { _ = cl_poll_one(-1, 0, milliseconds) }
  /// Nanoseconds of CLOCK_MONOTONIC.
  public static func monotonicTime() -> UInt64 { cl_monotonic_ns() }
}
