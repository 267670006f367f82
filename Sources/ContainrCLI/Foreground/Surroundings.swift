// What a command finds around itself: environment, directories, user. The only place that reads them, once, at the start.
package import ContainrSystem
internal import Glibc
internal import Synchronization
package import SystemPackage

/// The process's surroundings as a value, so that everything below can be tested with others.
package struct Surroundings: Sendable {
  /// The environment at the start of the process; empty values are kept.
  package var environment: [String: String]
  /// Absolute.
  package var workingDirectory: FilePath
  /// The program that runs, links resolved.
  package var executable: FilePath
  /// The effective user.
  package var uid: UInt32

  /// What `containr` gives a sealed program, for which there is no path at which to look for a crash helper.
  private static let sealedBacktrace = "enable=no,swift-backtrace=/dev/null"

  /// What the command line says in the place of variables.
  private static let given = Mutex<[String: String]>([:])

  /// Variables that are stronger than those of the process's environment, from now on.
  package static func give(_ variables: [String: String]) { given.withLock { $0.merge(variables) { $1 } } }

  /// Of this process, from procfs.
  package static func current() throws(SyscallError) -> Surroundings {
    var environment: [String: String] = [:]
    for entry in try Kernel.contents(of: "/proc/self/environ").split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      environment[String(decoding: entry[..<equals], as: UTF8.self)] = String(
        decoding: entry[entry.index(after: equals)...], as: UTF8.self)
    }
    environment.merge(given.withLock { $0 }) { $1 }
    if environment["SWIFT_BACKTRACE"] == sealedBacktrace { environment["SWIFT_BACKTRACE"] = nil }
    var executable = FilePath(try Kernel.readLink("/proc/self/exe"))
    if let path = try RunProgram.path() { executable = path }
    return Surroundings(
      environment: environment, workingDirectory: FilePath(try Kernel.readLink("/proc/self/cwd")),
      executable: executable, uid: geteuid())
  }

  /// A variable that is set to something.
  package func variable(_ name: String) -> String? {
    guard let value = environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// A path of the user as an absolute one; `.` and `..` are folded, links are not followed.
  package func absolute(_ path: String) -> FilePath { workingDirectory.pushing(FilePath(path)).lexicallyNormalized() }
}
