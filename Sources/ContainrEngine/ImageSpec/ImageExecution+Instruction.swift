// A Dockerfile's instruction applied to an image's config, as `import` and `commit` take it with --change. Pure.
internal import ContainrJSON

/// An instruction that cannot be applied.
public struct InstructionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// In words.
  public var description: String
}

extension ImageExecution {
  /// The instructions that there are.
  public static let instructions = [
    "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
  ]

  /// Applies `CMD ["nginx"]`, `ENV A=b`, `WORKDIR /srv` and the like.
  public mutating func apply(_ instruction: String) throws(InstructionError) {
    let parts = instruction.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
    guard let word = parts.first?.uppercased() else { throw InstructionError(description: "the instruction is empty") }
    guard Self.instructions.contains(word) else {
      throw InstructionError(
        description: "'\(word)' is no instruction here: there are \(Self.instructions.joined(separator: ", "))")
    }
    let rest = parts.count > 1 ? Self.trimmed(parts[1]) : ""
    if rest.isEmpty { throw InstructionError(description: "\(word) needs a value") }
    switch word {
    case "CMD": command = try Self.list(rest, word) ?? ["/bin/sh", "-c", rest]
    case "ENTRYPOINT":
      entrypoint = try Self.list(rest, word) ?? ["/bin/sh", "-c", rest]
      // As in a Dockerfile, a new entrypoint does not go with the command of the old one.
      command = nil
    case "ENV":
      for (name, value) in try Self.pairs(rest, word) {
        environment.removeAll { $0.hasPrefix("\(name)=") }
        environment.append("\(name)=\(value)")
      }
    case "LABEL": for (name, value) in try Self.pairs(rest, word) { labels[name] = value }
    case "EXPOSE":
      for port in rest.split(separator: " ") {
        let parts = port.split(separator: "/", omittingEmptySubsequences: false)
        guard let number = UInt16(parts[0]), number > 0, parts.count == 1 || ["tcp", "udp", "sctp"].contains(parts[1]),
          parts.count <= 2
        else { throw InstructionError(description: "EXPOSE: '\(port)' is no port: 80, 80/tcp, 53/udp") }
        let text = "\(number)/\(parts.count == 2 ? parts[1] : "tcp")"
        if !exposedPorts.contains(text) { exposedPorts.append(text) }
      }
    case "VOLUME":
      for path in try Self.list(rest, word) ?? rest.split(separator: " ").map(String.init)
      where !volumes.contains(path) {
        guard path.hasPrefix("/") else { throw InstructionError(description: "VOLUME: '\(path)' is not absolute") }
        volumes.append(path)
      }
    case "WORKDIR":
      workingDirectory = rest.hasPrefix("/") ? rest : "\(workingDirectory ?? "")/\(rest)"
    case "USER": user = rest
    default: stopSignal = rest
    }
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// A JSON array of texts; nil if it is none, and an error if it only begins like one.
  private static func list(_ text: String, _ word: String) throws(InstructionError) -> [String]? {
    guard text.hasPrefix("[") else { return nil }
    guard let value = try? JSONValue(Array(text.utf8)), case .array(let items) = value else {
      throw InstructionError(description: "\(word): '\(text)' begins like a JSON array and is none")
    }
    var all: [String] = []
    for item in items {
      guard case .string(let text) = item else {
        throw InstructionError(description: "\(word): all items must be texts")
      }
      all.append(text)
    }
    return all
  }

  /// `A=b C="d e"`, or `A b c` for one.
  private static func pairs(_ text: String, _ word: String) throws(InstructionError) -> [(String, String)] {
    var words: [String] = []
    var current = ""
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        current.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "\"" || character == "'" {
        quote = character
      } else if quote == nil, character == " " {
        if !current.isEmpty { words.append(current) }
        current = ""
      } else {
        current.append(character)
      }
    }
    if quote != nil { throw InstructionError(description: "\(word): a quotation mark is not closed") }
    if !current.isEmpty { words.append(current) }
    if let first = words.first, !first.contains("=") {
      guard words.count > 1 else { throw InstructionError(description: "\(word): '\(text)' has no value: NAME=VALUE") }
      return [(first, words.dropFirst().joined(separator: " "))]
    }
    var pairs: [(String, String)] = []
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw InstructionError(description: "'\(word)' is not NAME=VALUE")
      }
      pairs.append((parts[0], parts[1]))
    }
    return pairs
  }
}
