// What a plan may not show: values that are secrets by their name, and passwords inside URLs. Plans are printed in CI logs
// and attached to pull requests. Only what is shown is hidden; what is compared is not.
internal import ContainrSpec

enum HiddenValue {
  /// Words of a variable's or label's name, separated by `_`, `-` or `.`, that make its value a secret.
  private static let words: Set<String> = [
    "PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "PW", "PWD", "SECRET", "SECRETS", "TOKEN", "KEY", "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS", "AUTH", "COOKIE", "SALT",
  ]
  /// Names that hold such a word and are none, since they say where something is, or which.
  private static let harmless: Set<String> = ["FILE", "PATH", "DIR", "ID", "URL", "HOST", "TYPE", "NAME", "TTL"]
  private static let mark = "(hidden)"

  /// The value as a plan shows it. `path`: the field, such as `environment.DB_PASSWORD`.
  static func shown(_ value: String, of path: String) -> String {
    if path == "driver_opts.o" { return withoutPasswords(ofMount: value) }
    let isOfHook =
      HookPlan.Kind.allCases.contains { path.hasPrefix($0.rawValue + ".") } && path.contains(".environment.")
    guard path.hasPrefix("environment.") || path.hasPrefix("labels.") || isOfHook else { return value }
    return isSecret(path) ? mark : withoutPassword(value)
  }

  /// Options of a mount without the words of cifs that are secrets.
  private static func withoutPasswords(ofMount value: String) -> String {
    value.split(separator: ",", omittingEmptySubsequences: false).map { option in
      let name = option.prefix { $0 != "=" }.lowercased()
      return ["password", "password2", "pass", "passwd"].contains(name) && option.contains("=")
        ? "\(name)=\(mark)" : String(option)
    }.joined(separator: ",")
  }

  private static func isSecret(_ path: String) -> Bool {
    let name = path.drop { $0 != "." }.uppercased()
    let parts = name.split(whereSeparator: { $0 == "_" || $0 == "-" || $0 == "." }).map(String.init)
    guard let last = parts.last, !harmless.contains(last) else { return false }
    // `PGPASSWORD` and `MYSQLPASSWORD` run their words together.
    return parts.contains { words.contains($0) || $0.hasSuffix("PASSWORD") || $0.hasSuffix("SECRET") }
  }

  /// `postgres://app:x@db/app` without its `x`; of several URLs each.
  private static func withoutPassword(_ value: String) -> String {
    var shown = ""
    var rest = value[...]
    while let scheme = rest.firstRange(of: "://") {
      shown += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { continue }
      shown += rest[...colon] + mark
      rest = rest[at...]
    }
    return shown + rest
  }
}
