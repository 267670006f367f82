// The words of a command line as container engines write them: `--name value`, `--name=value`, `-n value`, in any order,
// and with one dash or two. Pure.

/// Words that mean nothing.
struct UsageError: Error, Sendable, Hashable {
  var reason: String
}

/// What was said. The options that a command knows are words as well, which are there when the program is: all names of an
/// option without dashes, `env,e`, of which the first is the one it is asked for by, and `=` at the end if it takes a value.
struct CommandWords: Sendable {
  /// The options, in order.
  private(set) var names: [String] = []
  /// The value of each; a flag's is `true` unless `=false` was said.
  private var settings: [String] = []
  /// What is no option.
  private(set) var operands: [String] = []

  /// `ownWords`: after so many operands all is operand, as for a command that has options of its own. `--` ends options.
  init(_ words: [String], _ forms: [String], ownWords: Int = .max) throws(UsageError) {
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
  func value(_ name: String) -> String? {
    var index = names.count
    while index > 0 {
      index -= 1
      if names[index] == name { return settings[index] }
    }
    return nil
  }

  /// All values of an option that may be repeated.
  func values(_ name: String) -> [String] {
    var values: [String] = []
    for index in 0..<names.count where names[index] == name { values.append(settings[index]) }
    return values
  }

  /// Whether a flag is set.
  func has(_ name: String) -> Bool { value(name) == "true" }

  private mutating func add(_ name: String, _ value: String) {
    names.append(name)
    settings.append(value)
  }

  /// The option of this name: its first name, and whether it takes a value.
  private static func find(_ name: String, _ forms: [String]) -> (name: String, takesValue: Bool)? {
    let wanted = name.utf8
    if wanted.isEmpty { return nil }
    for form in forms {
      // Bytes that are equal so far, -1 after one that was not.
      var (matched, isFound, firstEnd) = (0, false, 0)
      for (index, byte) in form.utf8.enumerated() {
        if byte == 0x2C || byte == 0x3D {  // , =
          if matched == wanted.count { isFound = true }
          matched = 0
          if firstEnd == 0 { firstEnd = index }
        } else if matched >= 0 {
          let isEqual = matched < wanted.count && wanted[wanted.index(wanted.startIndex, offsetBy: matched)] == byte
          matched = isEqual ? matched + 1 : -1
        }
      }
      let takesValue = form.utf8.last == 0x3D
      if !takesValue, matched == wanted.count { isFound = true }
      if isFound { return (String(form.utf8.prefix(firstEnd == 0 ? form.utf8.count : firstEnd)) ?? form, takesValue) }
    }
    return nil
  }

  private mutating func take(
    _ word: String, _ forms: [String], _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let plain = word.hasPrefix("--") ? word.dropFirst(2) : word.dropFirst(1)
    let parts = plain.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts.first ?? ""
    guard let form = Self.find(name, forms) else {
      // `-td`: several flags of one letter.
      if !word.hasPrefix("--"), name.utf8.count > 1 { return try takeLetters(String(plain), forms, &rest) }
      throw UsageError(reason: "unknown option \(word.prefix { $0 != "=" })")
    }
    if !form.takesValue {
      let value = parts.count == 2 ? parts[1] : "true"
      guard ["true", "false", "1", "0"].contains(value) else { throw UsageError(reason: "\(word): true or false") }
      return add(form.name, value == "1" ? "true" : value == "0" ? "false" : value)
    }
    if parts.count == 2 { return add(form.name, parts[1]) }
    guard let value = rest.popFirst() else { throw UsageError(reason: "\(word) needs a value") }
    add(form.name, value)
  }

  /// Flags, the last perhaps with a value: glued to it or the next word.
  private mutating func takeLetters(
    _ letters: String, _ forms: [String], _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    var left = letters[...]
    while let letter = left.popFirst() {
      guard let form = Self.find(String(letter), forms) else {
        throw UsageError(reason: "unknown option -\(letters)")
      }
      if !form.takesValue {
        add(form.name, "true")
        continue
      }
      if !left.isEmpty { return add(form.name, String(left)) }
      guard let value = rest.popFirst() else { throw UsageError(reason: "-\(letter) needs a value") }
      return add(form.name, value)
    }
  }
}
