// One entry of `security_opt`, as Docker writes it: `NAME`, `NAME=VALUE` or (older) `NAME:VALUE`.

/// What an entry asks for.
enum SecurityOption: Sendable, Hashable {
  case noNewPrivileges(Bool)
  /// All system calls.
  case seccompUnconfined
  /// As without the entry.
  case seccompBuiltIn
  /// A path as it is written.
  case seccompFile(String)
  case appArmor(String)
  case label(String)
  case systemPathsUnconfined
  case writableCgroups(Bool)
}

enum SecurityOptionText {
  private static let names = ["no-new-privileges", "seccomp", "apparmor", "label", "systempaths", "writable-cgroups"]
  private static let labels = ["disable", "user", "role", "type", "level", "filetype", "nested"]

  static func option(_ text: String) throws(ValueProblem) -> SecurityOption {
    let end = text.firstIndex { $0 == "=" || $0 == ":" } ?? text.endIndex
    let name = String(text[..<end])
    let value = end == text.endIndex ? nil : String(text[text.index(after: end)...])
    if text.isEmpty { throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is no security option") }
    switch name {
    case "no-new-privileges": return .noNewPrivileges(try boolean(value, text))
    case "writable-cgroups": return .writableCgroups(try boolean(value, text))
    case "seccomp":
      switch try given(value, text, "seccomp=FILE or seccomp=unconfined") {
      case "unconfined": return .seccompUnconfined
      case "builtin", "default": return .seccompBuiltIn
      case let path: return .seccompFile(path)
      }
    case "apparmor": return .appArmor(try given(value, text, "apparmor=PROFILE or apparmor=unconfined"))
    case "label":
      let label = try given(value, text, "label=disable or label=type:TYPE")
      let kind = label.pieces(":")[0]
      guard labels.contains(kind) else {
        throw ValueProblem(
          .invalidValue, "\(DisplayText.quote(label)) is no SELinux label option",
          help: "write disable, or user:, role:, type: or level: with a value")
      }
      return .label(label)
    case "systempaths":
      guard value == "unconfined" else {
        throw ValueProblem(
          .invalidValue, "\(DisplayText.quote(text)) says nothing", help: "write systempaths=unconfined")
      }
      return .systemPathsUnconfined
    case "credentialspec":
      throw ValueProblem(.cannotHonour, "'credentialspec' cannot be honoured by this version", label: "Windows only")
    default:
      let near = NearestName.suggestion(for: name, among: names)
      throw ValueProblem(
        .cannotHonour, "unknown security option \(DisplayText.quote(name))",
        label: "expected one of \(names.joined(separator: ", "))", help: near.map { "did you mean '\($0)'?" })
    }
  }

  private static func given(_ value: String?, _ text: String, _ form: String) throws(ValueProblem) -> String {
    if let value, !value.isEmpty { return value }
    throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) has no value", help: "write \(form)")
  }

  private static func boolean(_ value: String?, _ text: String) throws(ValueProblem) -> Bool {
    switch value {
    case nil, "true": return true
    case "false": return false
    default:
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is neither true nor false")
    }
  }
}
