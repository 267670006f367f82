// A unit of systemd that brings one stack up at boot by the same command as a person would. Pure: text in systemd.unit(5)'s and
// systemd.service(5)'s words.

struct SystemdUnit: Sendable {
  /// The first line, by which a unit of ours is known.
  static let mark = "# Made by containr systemd install: it writes this file anew."

  /// The stack's name.
  var stack: String
  /// Absolute paths of `containr-up` and `containr`.
  var up: String
  var containr: String
  /// The words that name the stack, with absolute paths.
  var naming: [String]
  /// Directories that have to be mounted before it begins.
  var needs: [String]
  /// Variables of Containr's own that were set.
  var environment: [(name: String, value: String)] = []
  /// Seconds that `--wait` waits.
  var waitTimeout: Int
  /// For the manager of an ordinary user, which knows neither the network nor the system's targets.
  var isUsers = false

  /// A stack's name has no character that means anything in a unit's.
  var name: String { "containr-\(stack).service" }

  /// The file.
  var text: String {
    let bringUp = [up, "-d", "--wait", "--wait-timeout", "\(waitTimeout)", "--on-failure", "keep", "-y"] + naming
    let environment = environment.map { "Environment=\(Self.word("\($0.name)=\($0.value)", isCommand: false))" }
    let order =
      isUsers
      ? [] : ["Wants=network-online.target", "After=network-online.target local-fs.target nss-lookup.target"]
    return
      ([
        Self.mark, "", "[Unit]", "Description=Containers of the stack \(stack)",
        "Documentation=man:containr-up(1) man:containr-systemd-install(1)",
      ] + order + [
        "RequiresMountsFor=\(needs.map { Self.word($0, isCommand: false) }.joined(separator: " "))",
        "StartLimitIntervalSec=600", "StartLimitBurst=5", "", "[Service]",
        "# up ends when all of it is ready. What goes on is watched by the stack's own supervisor and its keeper.",
        "Type=oneshot", "RemainAfterExit=yes", "ExecStart=\(Self.line(bringUp))", "ExecReload=\(Self.line(bringUp))",
        "ExecStop=\(Self.line([containr, "stop", "-p", stack]))",
        "# A stack of which something was not ready runs on; one that could not be brought up is tried again.",
        "SuccessExitStatus=6", "Restart=on-failure", "RestartSec=15", "TimeoutStartSec=infinity", "TimeoutStopSec=300",
        "# Shims are parents of containers: only stop may end them.", "KillMode=process",
      ] + environment + ["", "[Install]", "WantedBy=\(isUsers ? "default" : "multi-user").target", ""]).joined(
        separator: "\n")
  }

  private static func line(_ words: [String]) -> String {
    words.map { word($0, isCommand: true) }.joined(separator: " ")
  }

  /// A word that means itself: quotes, C escapes, `%` and, in a command line, `$` are doubled.
  static func word(_ text: String, isCommand: Bool) -> String {
    let plain = text.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-", "=", ":", ",", "+", "@": true
      default: false
      }
    }
    if plain, !text.isEmpty { return text }
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\" + String(scalar)
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case "%": out += "%%"
      case "$": out += isCommand ? "$$" : "$"
      case let control where control.value < 0x20 || control.value == 0x7F:
        let digits = String(control.value, radix: 16)
        out += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
