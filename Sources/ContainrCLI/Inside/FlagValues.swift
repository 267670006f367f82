// Flags with a value, as Compose's users write them: `--sig-proxy=false`. The parser knows none. Pure.
internal import ArgumentParser

enum FlagValues {
  /// The words of a command, `name` first, with each such flag as the parser knows it: there, as `--no-…`, or not there.
  static func plain(_ words: [String], root: any ParsableCommand.Type = RootCommand.self) throws -> [String] {
    guard let name = words.first, words.contains(where: { $0.hasPrefix("-") && value(of: $0) != nil }),
      let kind = root.configuration.subcommands.first(where: { $0.configuration.commandName == name })
    else { return words }
    let info = try CommandInfo(kind)
    // Behind the service of these all words are the command's.
    let passesOn = ["exec", ServiceRunCommand.name].contains(name)
    var plain = [name]
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      if word == "--" || (passesOn && !word.hasPrefix("-")) { return plain + [word] + rest }
      if let flag = value(of: word), let names = info.flag(flag.name) {
        if flag.isOn { plain.append(flag.name) } else if let off = negation(names, info) { plain.append(off) }
        continue
      }
      plain.append(word)
      if info.takesValue(word), let value = rest.popFirst() { plain.append(value) }
    }
    return plain
  }

  private static func value(of word: String) -> (name: String, isOn: Bool)? {
    guard let sign = word.firstIndex(of: "=") else { return nil }
    let name = String(word[..<sign])
    // As Compose reads them.
    switch word[word.index(after: sign)...] {
    case "true", "True", "TRUE", "t", "T", "1": return (name, true)
    case "false", "False", "FALSE", "f", "F", "0": return (name, false)
    default: return nil
    }
  }

  /// nil: not to have it is as good.
  private static func negation(_ names: [String], _ info: CommandInfo) -> String? {
    let negated = names.filter { $0.hasPrefix("--") }.map { "--no-\($0.dropFirst(2))" }
    return negated.first { info.flag($0) != nil }
  }
}

extension CommandInfo {
  /// All names of the flag; nil if there is none of this name.
  fileprivate func flag(_ name: String) -> [String]? {
    arguments.first { $0.value == nil && $0.names.contains(name) }?.names
  }

  fileprivate func takesValue(_ name: String) -> Bool {
    arguments.contains { $0.value != nil && $0.names.contains(name) }
  }
}
