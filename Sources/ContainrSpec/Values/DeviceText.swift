// Devices of the host as Compose writes them.

enum DeviceText {
  /// `HOST[:CONTAINER[:rwm]]`, or the name of a CDI device, `vendor/class=name`.
  static func check(_ text: String) throws(ValueProblem) {
    let parts = text.pieces(":")
    let help = "write HOST:CONTAINER or HOST:CONTAINER:rwm, such as /dev/ttyUSB0:/dev/ttyUSB0"
    guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is not a device", help: help)
    }
    if parts.count == 3 { try permissions(parts[2], help: help) }
  }

  /// `TYPE MAJOR:MINOR ACCESS` as in the kernel's devices cgroup.
  static func rule(_ text: String) throws(ValueProblem) {
    let parts = text.split(separator: " ").map(String.init)
    let help = "write a rule such as 'c 1:3 rwm'"
    guard parts.count == 3, ["a", "b", "c"].contains(parts[0]) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is not a device rule", help: help)
    }
    let numbers = parts[1].pieces(":")
    guard numbers.count == 2, numbers.allSatisfy({ $0 == "*" || $0.isDigits }) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(parts[1])) are no device numbers", help: help)
    }
    try permissions(parts[2], help: help)
  }

  private static func permissions(_ text: String, help: String) throws(ValueProblem) {
    guard !text.isEmpty, text.allSatisfy({ "rwm".contains($0) }), Set(text).count == text.count else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is no access to a device", help: help)
    }
  }
}
