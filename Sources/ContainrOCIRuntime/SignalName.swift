// Signals by name or number, as `kill` takes them. Pure.

enum SignalName {
  private static let names = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
  ]

  /// `9`, `KILL`, `SIGKILL`, `RTMIN+3`; 0 only asks whether there is somebody; nil for what is none.
  static func number(_ text: String) -> Int32? {
    if let number = Int32(text) { return (0...64).contains(number) ? number : nil }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name.removeFirst(3) }
    let others: [String: Int32] = ["IOT": 6, "CLD": 17, "POLL": 29, "RTMIN": 34, "RTMAX": 64]
    if let index = names.firstIndex(of: name) { return Int32(index + 1) }
    if let other = others[name] { return other }
    for (base, sign) in [("RTMIN+", Int32(1)), ("RTMAX-", -1)] where name.hasPrefix(base) {
      guard let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) else { return nil }
      return (sign > 0 ? 34 : 64) + sign * offset
    }
    return nil
  }
}
