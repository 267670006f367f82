// Where errors and warnings go: stderr for people, the file of --log for engines, which read runc's forms.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

/// The log of one command.
final class RuntimeLog {
  private var file: SharedFD?
  private let isJSON: Bool
  private let isDebug: Bool

  /// `path` is appended to; nil logs to stderr alone.
  init(path: String?, format: String?, debug: Bool) throws(RuntimeFailure) {
    guard ["text", "json", nil].contains(format) else {
      throw RuntimeFailure("--log-format must be text or json, not \(format ?? "")")
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
    let time = Timestamp.text(Kernel.realTime(), fraction: false)
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

/// RFC 3339, UTC.
enum Timestamp {
  /// From nanoseconds since 1970.
  static func text(_ nanoseconds: UInt64, fraction: Bool = true) -> String {
    let seconds = Int64(nanoseconds / 1_000_000_000)
    let (days, rest) = (seconds / 86400, seconds % 86400)
    // Days to a civil date (proleptic Gregorian), with the year beginning in March.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * part + 2) / 5 + 1
    let month = part < 10 ? part + 3 : part - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let clock = "\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
    return "\(date)T\(clock)" + (fraction ? ".\(padded(Int64(nanoseconds % 1_000_000_000), 9))" : "") + "Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
