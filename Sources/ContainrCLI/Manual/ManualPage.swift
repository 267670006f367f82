// A command's page of the manual, as man(7) wants it. Pure.

/// One page.
struct ManualPage: Sendable {
  let command: CommandInfo
  /// The version that is described.
  let version: String
  /// Exit codes and what they mean, for the foot of every page.
  let exitCodes: [(code: String, meaning: String)]

  /// `containr-image-ls`.
  var name: String { command.words.joined(separator: "-") }

  /// The page's file.
  var fileName: String { "\(name).1" }

  /// The page.
  var text: String {
    let title = command.words.joined(separator: " ")
    var lines = [
      ".\\\" Made by `containr manual`: not to be edited.",
      ".TH \"\(Self.quoted(name.uppercased()))\" 1 \"\" \"containr \(version)\" \"Containr\"", ".SH NAME",
      "\(Self.plain(name)) \\- \(Self.plain(Self.sentence(command.abstract)))", ".SH SYNOPSIS",
      ".B \(Self.plain(title))", synopsis,
    ]
    lines += section("DESCRIPTION", paragraphs([command.abstract, command.discussion]))
    lines += section("COMMANDS", commands)
    lines += section("OPERANDS", command.arguments.filter { $0.names.isEmpty }.flatMap(item))
    lines += section("OPTIONS", command.arguments.filter { !$0.names.isEmpty }.flatMap(item))
    lines += section(
      "EXIT STATUS",
      exitCodes.flatMap { [".TP", ".B \(Self.plain($0.code))", Self.plain($0.meaning)] })
    lines += section("SEE ALSO", [seeAlso])
    return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private var synopsis: String {
    var words: [String] = []
    if command.arguments.contains(where: { !$0.names.isEmpty }) { words.append("[options]") }
    if !command.subcommands.isEmpty { words.append("command") }
    for argument in command.arguments where argument.names.isEmpty {
      let word = argument.value.map { "\($0)\(argument.isRepeating ? " ..." : "")" } ?? ""
      words.append(argument.isOptional ? "[\(word)]" : word)
    }
    return Self.plain(words.joined(separator: " "))
  }

  private var commands: [String] {
    command.subcommands.flatMap { below in
      let name = below.words.joined(separator: "-")
      let also = below.aliases.isEmpty ? "" : " (also \(below.aliases.joined(separator: ", ")))"
      return [".TP", ".BR \(Self.plain(name)) (1)", Self.plain(below.abstract + also)]
    }
  }

  private func item(_ argument: CommandInfo.Argument) -> [String] {
    let value = argument.value.map { Self.plain($0) }
    let names = argument.names.sorted { $0.utf8.count < $1.utf8.count }.map { Self.plain($0) }
    let head =
      names.isEmpty
      ? "\\fI\(value ?? "")\\fR"
      : names.map { "\\fB\($0)\\fR" }.joined(separator: ", ") + (value.map { " \\fI\($0)\\fR" } ?? "")
    var text = argument.abstract
    if let ours = argument.defaultValue, !ours.isEmpty { text += " The default is \(ours)." }
    return [".TP", head, Self.plain(text.isEmpty ? "Not described." : text)]
  }

  private var seeAlso: String {
    var names = command.words.count > 1 ? [command.words.dropLast().joined(separator: "-")] : []
    if command.words == ["containr"] { names += ["containr-up", "containr-down"] }
    return names.map { ".BR \(Self.plain($0)) (1)" }.joined(separator: "\n")
  }

  private func section(_ title: String, _ lines: [String]) -> [String] {
    let lines = lines.filter { !$0.isEmpty }
    return lines.isEmpty ? [] : [".SH \(title)"] + lines
  }

  private func paragraphs(_ texts: [String]) -> [String] {
    var lines: [String] = []
    for text in texts where !text.isEmpty {
      for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if part.isEmpty {
          if lines.last != ".PP" { lines.append(".PP") }
        } else if part.hasPrefix("  ") {
          // Examples keep their lines.
          lines += [".nf", Self.plain(String(part)), ".fi"]
        } else {
          lines.append(Self.plain(String(part)))
        }
      }
      lines.append(".PP")
    }
    if lines.last == ".PP" { lines.removeLast() }
    return lines
  }

  /// The abstract as the line of NAME: no full stop, no capital.
  private static func sentence(_ text: String) -> String {
    var text = text
    if text.hasSuffix(".") { text.removeLast() }
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  private static func quoted(_ text: String) -> String { text.replacing("\"", with: "\"\"") }

  /// Text that means itself: `\`, hyphens that are typed, and dots and apostrophes that begin a line.
  static func plain(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "…": out += "..."
      case "’": out += "\\(cq"
      default: out.append(character)
      }
    }
    return out.hasPrefix(".") || out.hasPrefix("'") ? "\\&\(out)" : out
  }
}
