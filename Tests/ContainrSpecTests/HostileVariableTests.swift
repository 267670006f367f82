// `$` in all its shapes, in stack files and in `.env`.
import Testing

@testable import ContainrSpec

struct HostileVariableTests {
  private static func value(_ name: String, _ value: String, _ expected: String...) -> Hostile {
    Hostile(name, bytes: Array((head + "    labels: {a: \"\(value)\"}\n").utf8), expected)
  }

  private static func dotEnv(_ name: String, _ text: String, _ expected: String...) -> Hostile {
    Hostile(name, bytes: Array(head.utf8), expected, dotEnv: text)
  }

  static let files: [Hostile] = [
    value("an open brace", "${", "C0303 5:18"),
    value("an open brace and a name", "${a", "C0303 5:18"),
    value("an open brace behind text", "xx${a", "C0303 5:20"),
    value("empty braces", "${}", "C0303 5:18"),
    value("a number in braces", "${1}", "C0303 5:18"),
    value("a blank in braces", "${ A}", "C0303 5:18"),
    value("an unknown operator", "${A!b}", "C0303 5:18"),
    value("an assignment", "${A:=b}", "C0303 5:18"),
    value("a colon and nothing", "${A:}", "C0303 5:18"),
    value("an unclosed inner expression", "${A:-${B}", "C0303 5:18"),
    value("nested 40 deep", String(repeating: "${A:-", count: 40) + String(repeating: "}", count: 40), "C0303 5:183"),
    value("nested 30 deep", String(repeating: "${A:-", count: 30) + String(repeating: "}", count: 30)),
    value("an escaped expression", "$${X}"),
    value("an escaped command", "$$(cat /run/secrets/x)"),
    value("four dollar signs", "$$$$"),
    value("a dollar sign at the end", "5$"),
    value("dollar signs that begin nothing", "$ $1 $(x) $- $."),
    value("a name that is not set", "$nope", "C0301 5:18"),
    value("a name with a letter of another script", "$é"),
    value("three names that are not set", "$a$b${c}", "C0301 5:18", "C0301 5:20", "C0301 5:22"),
    value("required and not set", "${A:?set it}", "C0302 5:18"),
    value("required without a message", "${A?}", "C0302 5:18"),
    value("required with another variable in the message", "${A:?set $B}", "C0302 5:18", "C0301 5:27"),
    value("an escape before the dollar sign", "\\x24nope", "C0301 5:17"),
    Hostile("a port range by a default", head + "    ports: [\"${EXPOSE_PORT-:2283:2283}\"]\n"),
    Hostile("a port by a variable that is empty", head + "    ports: [\"${P}:80\"]\n", "C0301 5:14"),
    Hostile(
      "a port by a variable that is no port", head + "    ports: [\"$P:80\"]\n", "C0117 5:13", environment: ["P": "x"]),
    Hostile("a name in a key stays", head + "    labels: {$A: b}\n"),
    Hostile(
      "a variable that brings YAML", head + "    labels: {a: $A}\n", environment: ["A": "}\n    privileged: true"]),
    Hostile("a variable that brings a variable", head + "    labels: {a: $A}\n", environment: ["A": "$B ${C"]),
    Hostile(
      "variables that grow beyond bounds", head + "    labels: {a: \(String(repeating: "$A", count: 2000))}\n",
      "C0303 5:2113",
      environment: ["A": String(repeating: "x", count: 1000)]),
    dotEnv("an unclosed double quote", "A=\"b\nC=d\n", "C0304 .env:1:3"),
    dotEnv("an unclosed single quote", "X=1\nA='it\n", "C0304 .env:2:3"),
    dotEnv("text behind a quote", "A=\"b\" c\n", "C0304 .env:1:7"),
    dotEnv("a line without a name", "=b\n", "C0304 .env:1:1"),
    dotEnv("a name with a blank", "A B=c\n", "C0304 .env:1:1"),
    dotEnv("a command", "echo hello\n", "C0304 .env:1:1"),
    dotEnv("NUL", "A=b\u{0}c\n", "C0304 .env:1:1"),
    dotEnv("a password with a dollar sign", "A=1\nB=x$vmxm4\n", "C0301 .env:2:4"),
    dotEnv("a password in single quotes", "B='x$vmxm4'\n"),
    dotEnv("an open brace", "B=${x\n", "C0303 .env:1:3"),
    dotEnv("CRLF, comments, export, blanks", "# c\r\nexport A=1 # d\r\n\r\n  B = 2\r\n"),
    dotEnv("a byte order mark", "\u{FEFF}A=1\n"),
    dotEnv("YAML", "A: 1\n"),
  ]

  @Test("variables", arguments: files)
  func file(_ file: Hostile) { #expect(file.complaint == nil) }
}
