// The frame of the hostile tables: one file an entry, with every finding that it must give and where.
import ContainrSpec
import Testing

/// One nasty file.
struct Hostile: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  /// `CODE line:column` of each finding, `.env` ones with their file; empty: the file is read without any.
  let expected: [String]
  var dotEnv: String?
  var environment: [String: String] = [:]

  init(
    _ name: String, _ yaml: String, _ expected: String..., dotEnv: String? = nil, environment: [String: String] = [:]
  ) {
    self.name = name
    bytes = Array(yaml.utf8)
    self.expected = expected
    self.dotEnv = dotEnv
    self.environment = environment
  }

  init(_ name: String, bytes: [UInt8], _ expected: String...) { self.init(name, bytes: bytes, expected) }

  init(_ name: String, bytes: [UInt8], _ expected: [String], dotEnv: String? = nil) {
    self.name = name
    self.bytes = bytes
    self.expected = expected
    self.dotEnv = dotEnv
  }

  var testDescription: String { name }

  /// All findings of the file in the form of `expected`.
  func outcome() -> (findings: [String], text: String) {
    let loaded = load(bytes: bytes, environment: environment, dotEnv: dotEnv)
    let findings = loaded.result.diagnostics.map { finding in
      guard let place = finding.primary else { return finding.code }
      let file = place.file == "stack.yaml" ? "" : "\(place.file):"
      return "\(finding.code) \(file)\(place.start.line):\(place.start.column)"
    }
    return (findings, loaded.text)
  }

  /// nil: it is found what is expected, and nothing else.
  var complaint: String? {
    let outcome = outcome()
    return outcome.findings == expected ? nil : "found \(outcome.findings), not \(expected):\n\(outcome.text)"
  }
}

/// The head of a stack whose service `web` is fine so far; attributes follow at four blanks, in line 5.
let head = "services:\n  web:\n    layers: [./a]\n    command: [c]\n"
