// What privileged tests need of a machine. A test that cannot run says so and why: it is never silent.
internal import Foundation

/// How slow this machine is allowed to be: every time limit of a test is longer by this.
public enum TestPace {
  /// `CONTAINR_TEST_PACE`, 1 unless it is set: an emulated machine is up to thirty times slower.
  public static let factor = ProcessInfo.processInfo.environment["CONTAINR_TEST_PACE"].flatMap(Double.init) ?? 1

  /// So many milliseconds of a machine that is not emulated.
  public static func milliseconds(_ count: Int) -> Int { Int(Double(count) * factor) }
}

/// The things that may be missing on a machine.
public enum Requirement {
  /// For `.enabled(if:)`: root, which namespaces, cgroups and mounts need.
  public static var isRoot: Bool { geteuid() == 0 }

  /// Whether a program is installed.
  public static func hasProgram(_ name: String) -> Bool {
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }
}
