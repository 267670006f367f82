// The words of a command line as container engines write them: `--name value`, `--name=value`, `-n value`, in any order,
// and with one dash or two. Pure.

/// An option that a command knows.
struct OptionForm: Sendable {
  /// All of its names, without dashes; the first is the one it is asked for by.
  let names: [String]
  let takesValue: Bool

  static func flag(_ names: String...) -> OptionForm { OptionForm(names: names, takesValue: false) }
  static func value(_ names: String...) -> OptionForm { OptionForm(names: names, takesValue: true) }
}

/// Words that mean nothing.
struct UsageError: Error, Sendable, Hashable {
  var reason: String
}

/// What was said.
struct CommandWords: Sendable {
  /// In order; a flag's value is `true` unless `=false` was said.
  private(set) var options: [(name: String, value: String)] = []
  /// What is no option.
  private(set) var operands: [String] = []

  /// `ownWords`: after so many operands all is operand, as for a command that has options of its own. `--` ends options.
  init(_ words: [String], _ forms: [OptionForm], ownWords: Int = .max) throws(UsageError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if operands.count >= ownWords || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
        continue
      }
      if word == "--" {
        operands += rest
        return
      }
      try take(word, forms, &rest)
    }
  }

  /// The last value of an option.
  func value(_ name: String) -> String? { options.last { $0.name == name }?.value }

  /// All values of an option that may be repeated.
  func values(_ name: String) -> [String] { options.filter { $0.name == name }.map(\.value) }

  /// Whether a flag is set.
  func has(_ name: String) -> Bool { value(name) == "true" }

  private mutating func take(
    _ word: String, _ forms: [OptionForm], _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let plain = word.hasPrefix("--") ? word.dropFirst(2) : word.dropFirst(1)
    let parts = plain.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts.first ?? ""
    guard let form = forms.first(where: { $0.names.contains(name) }) else {
      // `-td`: several flags of one letter.
      if !word.hasPrefix("--"), name.utf8.count > 1 { return try takeLetters(String(plain), forms, &rest) }
      throw UsageError(reason: "unknown option \(word.prefix { $0 != "=" })")
    }
    if !form.takesValue {
      let value = parts.count == 2 ? parts[1] : "true"
      guard ["true", "false", "1", "0"].contains(value) else { throw UsageError(reason: "\(word): true or false") }
      return options.append((form.names[0], value == "1" ? "true" : value == "0" ? "false" : value))
    }
    if parts.count == 2 { return options.append((form.names[0], parts[1])) }
    guard let value = rest.popFirst() else { throw UsageError(reason: "\(word) needs a value") }
    options.append((form.names[0], value))
  }

  /// Flags, the last perhaps with a value: glued to it or the next word.
  private mutating func takeLetters(
    _ letters: String, _ forms: [OptionForm], _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    var left = letters[...]
    while let letter = left.popFirst() {
      guard let form = forms.first(where: { $0.names.contains(String(letter)) }) else {
        throw UsageError(reason: "unknown option -\(letters)")
      }
      if !form.takesValue {
        options.append((form.names[0], "true"))
        continue
      }
      if !left.isEmpty { return options.append((form.names[0], String(left))) }
      guard let value = rest.popFirst() else { throw UsageError(reason: "-\(letter) needs a value") }
      return options.append((form.names[0], value))
    }
  }
}
