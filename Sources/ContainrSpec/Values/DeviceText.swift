// Devices of the host as Compose writes them.

enum DeviceText {
  /// `HOST[:CONTAINER[:rwm]]`, or the name of a CDI device, `vendor/class=name`.
  static func check(_ text: String) throws(ValueProblem) { _ = try device(text) }

  /// The same, read. `HOST:rwm` names no path inside, as with Docker.
  static func device(_ text: String) throws(ValueProblem) -> DevicePlan {
    if isCDI(text) { return DevicePlan(source: text, target: "") }
    let parts = text.pieces(":")
    let help = "write HOST:CONTAINER or HOST:CONTAINER:rwm, such as /dev/ttyUSB0:/dev/ttyUSB0"
    guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is not a device", help: help)
    }
    if parts.count == 3 { try permissions(parts[2], help: help) }
    let isShort = parts.count == 2 && !PathText.isAbsolute(parts[1]) && parts[1].allSatisfy { "rwm".contains($0) }
    if isShort { try permissions(parts[1], help: help) }
    let target = parts.count == 1 || isShort ? parts[0] : parts[1]
    return DevicePlan(
      source: parts[0], target: target, permissions: ordered(parts.count == 3 ? parts[2] : isShort ? parts[1] : "rwm"))
  }

  /// The long form, read; nil for `target` and `permissions` is what the short form says without them.
  static func device(source: String, target: String?, permissions: String?) throws(ValueProblem) -> DevicePlan {
    if isCDI(source) { return DevicePlan(source: source, target: "") }
    if source.isEmpty || target?.isEmpty == true {
      throw ValueProblem(.invalidValue, "an empty text is no device", help: "write a path such as /dev/ttyUSB0")
    }
    let access = permissions.flatMap { $0.isEmpty ? nil : $0 } ?? "rwm"
    do throws(ValueProblem) {
      try self.permissions(access, help: "write r, w and m, such as rw")
    } catch {
      // Other tools take any text here.
      throw ValueProblem(.cannotHonour, error.message, label: "in 'permissions'", help: error.help)
    }
    return DevicePlan(
      source: source, target: target.flatMap { $0.isEmpty ? nil : $0 } ?? source, permissions: ordered(access))
  }

  /// `vendor/class=name` of the Container Device Interface: no path, and a name behind `=`.
  static func isCDI(_ text: String) -> Bool {
    guard !PathText.isAbsolute(text), let slash = text.firstIndex(of: "/"), let equals = text.firstIndex(of: "=")
    else { return false }
    return slash < equals && text.startIndex < slash
  }

  private static func ordered(_ access: String) -> String { String("rwm".filter { access.contains($0) }) }

  /// `TYPE MAJOR:MINOR ACCESS` as in the kernel's devices cgroup; answered in one form.
  @discardableResult
  static func rule(_ text: String) throws(ValueProblem) -> String {
    let parts = text.split(separator: " ").map(String.init)
    let help = "write a rule such as 'c 1:3 rwm'"
    guard parts.count == 3, ["a", "b", "c"].contains(parts[0]) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is not a device rule", help: help)
    }
    let numbers = parts[1].pieces(":")
    guard numbers.count == 2, numbers.allSatisfy({ $0 == "*" || ($0.isDigits && UInt32($0) != nil) }) else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(parts[1])) are no device numbers", help: help)
    }
    try permissions(parts[2], help: help)
    return "\(parts[0]) \(parts[1]) \(ordered(parts[2]))"
  }

  private static func permissions(_ text: String, help: String) throws(ValueProblem) {
    guard !text.isEmpty, text.allSatisfy({ "rwm".contains($0) }), Set(text).count == text.count else {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is no access to a device", help: help)
    }
  }
}
