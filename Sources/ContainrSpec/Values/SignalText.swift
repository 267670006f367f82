// Signals by name or number, as Linux numbers them on x86 and ARM.

enum SignalText {
  private static let names = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
  ]
  private static let synonyms = ["IOT": "ABRT", "CLD": "CHLD", "POLL": "IO"]

  /// The name with `SIG`: `SIGTERM`, `SIGRTMIN+3`. Real-time signals are counted from SIGRTMIN (34).
  static func name(_ text: String) throws(ValueProblem) -> String {
    if text.isDigits, let number = Int(text) {
      if (1...31).contains(number) { return "SIG" + names[number - 1] }
      if (34...64).contains(number) { return realTime(number - 34) }
      throw ValueProblem(.signal, "the signal number \(text) is out of range", label: "expected 1 to 31 or 34 to 64")
    }
    let upper = text.uppercased()
    let short = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if let canonical = synonyms[short] { return "SIG" + canonical }
    if names.contains(short) { return "SIG" + short }
    if let offset = offset(short, after: "RTMIN", sign: "+") { return realTime(offset) }
    if let offset = offset(short, after: "RTMAX", sign: "-") { return realTime(30 - offset) }
    let near = NearestName.suggestion(for: short, among: names)
    throw ValueProblem(
      .signal, "unknown signal \(DisplayText.quote(text))",
      help: near.map { "did you mean 'SIG\($0)'?" } ?? "write a name such as SIGTERM, SIGINT or SIGQUIT",
      better: .init(short, near, whole: text, prefix: "SIG"))
  }

  private static func realTime(_ offset: Int) -> String { offset == 0 ? "SIGRTMIN" : "SIGRTMIN+\(offset)" }

  private static func offset(_ text: String, after prefix: String, sign: Character) -> Int? {
    guard text.hasPrefix(prefix) else { return nil }
    let rest = text.dropFirst(prefix.count)
    if rest.isEmpty { return 0 }
    guard rest.first == sign, let number = Int(rest.dropFirst()), (0...30).contains(number) else { return nil }
    return number
  }
}
