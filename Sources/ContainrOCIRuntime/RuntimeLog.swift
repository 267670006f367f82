// Where errors and warnings go: stderr for people, the file of --log for engines, which read runc's forms.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// The log of one command.
final class RuntimeLog {
  private var file: SharedFD?
  private let isJSON: Bool
  private let isDebug: Bool

  /// `path` is appended to; nil logs to stderr alone.
  init(path: String?, format: String?, debug: Bool) throws(RuntimeFailure) {
    if let format, format != "text", format != "json" {
      throw RuntimeFailure("--log-format must be text or json, not \(format)")
    }
    isJSON = format == "json"
    isDebug = debug
    if let path, !path.isEmpty {
      file = try attempt("open the log") { () throws(SyscallError) in
        SharedFD(try Kernel.open(FilePath(path), [.writeOnly, .create, .append], mode: 0o644))
      }
    }
  }

  func error(_ message: String) {
    Self.tell("containr-runtime: \(message)\n")
    write("error", message)
  }

  func warning(_ message: String) {
    if file == nil { Self.tell("containr-runtime: warning: \(message)\n") }
    write("warning", message)
  }

  func debug(_ message: String) {
    if !isDebug { return }
    if file == nil { Self.tell("level=debug msg=\(JSONValue.string(message).text())\n") }
    write("debug", message)
  }

  private func write(_ level: String, _ message: String) {
    guard let file else { return }
    let time = LogTimestamp.seconds(Kernel.realTime())
    let line =
      isJSON
      ? JSONValue.object([
        JSONMember("level", .string(level)), JSONMember("msg", .string(message)), JSONMember("time", .string(time)),
      ]).text()
      : "time=\"\(time)\" level=\(level) msg=\(JSONValue.string(message).text())"
    do throws(SyscallError) { try Kernel.writeAll(file.raw, Array((line + "\n").utf8)) } catch {
      Self.tell("containr-runtime: write the log: \(error)\n")
    }
  }

  /// A reader that is gone must not end the command in the middle of its work.
  static func tell(_ text: String) {
    do throws(SyscallError) { try Kernel.writeAll(2, Array(text.utf8)) } catch { return }
  }
}
