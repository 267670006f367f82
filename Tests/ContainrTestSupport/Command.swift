// Runs a program as a user would, and never waits without end.
public import Foundation

/// What a program left behind.
public struct CommandResult: Sendable, CustomStringConvertible {
  /// The exit code, or 128 + signal.
  public var code: Int32
  /// Standard output as text.
  public var output: String
  /// Standard error as text.
  public var errors: String
  /// It was killed because its time was up.
  public var timedOut: Bool
  /// Wall time.
  public var seconds: Double
  /// The command line, for messages.
  public var command: String

  /// Everything, for a failure's message.
  public var description: String {
    "\(command)\n→ \(timedOut ? "timed out" : "exit \(code)") after \(Int(seconds * 1000)) ms\n\(output)\(errors)"
  }

  /// Itself if the exit code is 0, else an error with everything in it.
  @discardableResult
  public func succeeding() throws -> CommandResult {
    if code != 0 || timedOut { throw TestSupportError(description) }
    return self
  }
}

/// A program that runs, in a process group of its own.
public final class Command: @unchecked Sendable {
  private let child: SpawnedProcess
  private let files: URL
  private let started: Date
  private let line: String

  /// Its pid, which is its process group's as well.
  public var pid: Int32 { child.pid }
  /// Whether it still runs.
  public var isRunning: Bool { child.exitCode() == nil }
  /// Standard output so far.
  public var outputSoFar: String { Self.text(files.appendingPathComponent("out")) }
  /// Standard error so far.
  public var errorsSoFar: String { Self.text(files.appendingPathComponent("err")) }

  /// Starts `program` (a path, or a name looked up in PATH). `environment` is added to a small clean one.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String = "",
    directory: URL? = nil
  ) throws {
    let files = FileManager.default.temporaryDirectory.appendingPathComponent("containr-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    // Files, not pipes: a shim that outlives its starter must not keep the reader waiting.
    for (name, text) in [("in", input), ("out", ""), ("err", "")] {
      try Data(text.utf8).write(to: files.appendingPathComponent(name))
    }
    self.files = files
    line = ([program] + arguments).joined(separator: " ")
    started = Date()
    child = try SpawnedProcess(
      [program] + arguments, environment: environment, directory: directory?.path,
      streams: ["in", "out", "err"].map { files.appendingPathComponent($0).path })
  }

  deinit {
    do { try FileManager.default.removeItem(at: files) } catch { fatalError("\(files.path): \(error)") }
  }

  /// Sends a signal to the program alone.
  public func signal(_ number: Int32) { child.signal(number) }

  /// Waits for the end; `timeout` seconds (of an ordinary machine: TestPace) after the call the whole process group is killed.
  public func wait(timeout: Double = 120) -> CommandResult {
    let deadline = Date().addingTimeInterval(timeout * TestPace.factor)
    var timedOut = false
    var ended = child.exitCode()
    while ended == nil {
      if Date() > deadline {
        timedOut = true
        child.signal(SIGKILL, group: true)
      }
      usleep(1000)
      ended = child.exitCode()
    }
    return CommandResult(
      code: ended ?? -1, output: outputSoFar, errors: errorsSoFar, timedOut: timedOut,
      seconds: Date().timeIntervalSince(started), command: line)
  }

  private static func text(_ file: URL) -> String {
    String(decoding: FileManager.default.contents(atPath: file.path) ?? Data(), as: UTF8.self)
  }
}

/// Runs a program to its end.
@discardableResult
public func run(
  _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: String = "",
  directory: URL? = nil, timeout: Double = 120
) throws -> CommandResult {
  try Command(program, arguments, environment: environment, input: input, directory: directory).wait(timeout: timeout)
}

/// Asks `condition` every few milliseconds until it holds; an error that names `what` after `timeout` seconds: as long as a
/// full machine may need, since who waits for what comes pays nothing for it.
public func eventually(
  _ what: String, timeout: Double = 60, showing: @autoclosure () -> String = "", _ condition: () throws -> Bool
) throws {
  let deadline = Date().addingTimeInterval(timeout * TestPace.factor)
  while try !condition() {
    if Date() > deadline {
      throw TestSupportError("after \(Int(timeout * TestPace.factor)) s still not: \(what) \(showing())")
    }
    usleep(5000)
  }
}
