// The kernel's clocks.
internal import CContainrLinux

extension Kernel {
  /// Nanoseconds since 1970 (CLOCK_REALTIME).
  public static func realTime() -> UInt64 { cl_realtime_ns() }
  /// Nanoseconds of CLOCK_MONOTONIC.
  public static func monotonicTime() -> UInt64 { cl_monotonic_ns() }
}
