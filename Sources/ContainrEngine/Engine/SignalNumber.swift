// Signals by name. Linux's numbers on x86-64 and arm64.

enum SignalNumber {
  private static let names = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    "PWR", "SYS",
  ]

  /// `TERM` for 15; nil for a real-time signal or none.
  static func name(_ number: Int32) -> String? {
    names.indices.contains(Int(number) - 1) ? names[Int(number) - 1] : nil
  }

  /// The number of `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`; nil if there is no such signal.
  static func named(_ text: String) -> Int32? {
    if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
    let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
    if let index = names.firstIndex(of: name) { return Int32(index + 1) }
    if name == "RTMIN" { return 34 }
    if name == "RTMAX" { return 64 }
    if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 34 + offset }
    if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (0...30).contains(offset) { return 64 - offset }
    return nil
  }
}
