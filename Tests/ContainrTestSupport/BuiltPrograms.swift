// Finds the programs that this very build made. Never those of the system.
public import Foundation

/// A reason why a test cannot go on, in words.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What is the matter.
  public var description: String

  /// With its words.
  public init(_ description: String) { self.description = description }
}

/// The built programs: `containr`, the programs behind it, `containr-up`, `containr-down`, `containr-shim`.
public enum BuiltPrograms {
  /// `CONTAINR_BIN_DIR`, or else the directory of the test bundle that runs.
  public static var directory: URL {
    if let chosen = ProcessInfo.processInfo.environment["CONTAINR_BIN_DIR"], !chosen.isEmpty {
      return URL(fileURLWithPath: chosen)
    }
    return URL(fileURLWithPath: image ?? CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
  }

  /// The file that this code was loaded from: the test bundle, not the helper that loads it.
  private static var image: String? {
    let here = UInt(bitPattern: #dsohandle)
    let maps = String(decoding: FileManager.default.contents(atPath: "/proc/self/maps") ?? Data(), as: UTF8.self)
    for line in maps.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      let range = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if fields.count == 6, range.count == 2, range[0] <= here, here < range[1] {
        return fields[5].trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }

  /// The path of a program; an error that says how to build it if it is not there.
  public static func path(_ name: String) throws -> String {
    let path = directory.appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestSupportError("\(path) is not built: run `swift build`, or set CONTAINR_BIN_DIR")
    }
    return path
  }

  /// The repository that this source was built from.
  public static var repository: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }
}
