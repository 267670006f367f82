// What a server asks for before it answers (RFC 9110, 11.6.1: WWW-Authenticate). Pure.

/// One challenge of one scheme.
struct AuthChallenge: Sendable, Hashable {
  /// In lower case: `bearer`, `basic`.
  var scheme: String
  /// Names in lower case; of equal ones the first.
  var parameters: [String: String]

  /// All challenges of all header lines, in order. What is no challenge is passed over.
  static func all(in lines: [String]) -> [AuthChallenge] { lines.flatMap { Parser(text: Array($0.utf8)).all() } }
}

/// A walk over one header's value: schemes, parameters and commas, where a comma may end either.
private struct Parser {
  let text: [UInt8]
  private var at = 0

  init(text: [UInt8]) { self.text = text }

  func all() -> [AuthChallenge] {
    var parser = self
    return parser.run()
  }

  private mutating func run() -> [AuthChallenge] {
    var found: [AuthChallenge] = []
    while true {
      skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x2c }
      let word = token()
      if word.isEmpty {
        // Not a token, or the end: without this step the walk would not end.
        if at >= text.count { return found }
        at += 1
        continue
      }
      skip { $0 == 0x20 || $0 == 0x09 }
      if peek == 0x3d, !found.isEmpty {
        at += 1
        skip { $0 == 0x20 || $0 == 0x09 }
        let value = peek == 0x22 ? quoted() : token()
        let name = word.lowercased()
        if found[found.count - 1].parameters[name] == nil { found[found.count - 1].parameters[name] = value }
      } else {
        found.append(AuthChallenge(scheme: word.lowercased(), parameters: [:]))
      }
    }
  }

  private var peek: UInt8? { at < text.count ? text[at] : nil }

  private mutating func skip(_ isSkipped: (UInt8) -> Bool) { while let byte = peek, isSkipped(byte) { at += 1 } }

  /// RFC 9110, 5.6.2; and `/` `:` unquoted, as some registries write their realm.
  private mutating func token() -> String {
    let from = at
    skip { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
      default: "!#$%&'*+-.^_`|~/:".utf8.contains(byte)
      }
    }
    return String(decoding: text[from..<at], as: UTF8.self)
  }

  private mutating func quoted() -> String {
    at += 1
    var out: [UInt8] = []
    while let byte = peek, byte != 0x22 {
      at += 1
      if byte == 0x5c, let escaped = peek {
        out.append(escaped)
        at += 1
      } else {
        out.append(byte)
      }
    }
    if peek != nil { at += 1 }
    return String(decoding: out, as: UTF8.self)
  }
}
