// Names of services, networks, volumes, hosts and projects.

enum NameText {
  /// A service's name: it becomes a directory, a host name and part of object names.
  static func service(_ text: String) throws(ValueProblem) -> String {
    guard isObject(text) else {
      throw ValueProblem(
        .name, "\(DisplayText.quote(text)) is not a service name",
        help: "use letters, digits, '.', '_' and '-', with a letter, a digit or '_' first")
    }
    guard text.utf8.count <= 63 else {
      throw ValueProblem(.cannotHonour, "the service name has \(text.utf8.count) characters", label: "at most 63")
    }
    return text
  }

  /// The name of a network or volume.
  static func object(_ text: String, _ what: String) throws(ValueProblem) -> String {
    guard isObject(text), text.utf8.count <= 128 else {
      throw ValueProblem(
        .name, "\(DisplayText.quote(text)) is not a \(what) name",
        help: "use at most 128 letters, digits, '.', '_' and '-', with a letter, a digit or '_' first")
    }
    return text
  }

  static func isObject(_ text: String) -> Bool {
    guard let first = text.utf8.first, isWord(first) || first == UInt8(ascii: "_") else { return false }
    return text.utf8.allSatisfy {
      isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
  }

  /// A container's own host name, which the kernel keeps in 64 bytes.
  static func host(_ text: String) throws(ValueProblem) -> String {
    let name = try alias(text)
    guard name.utf8.count <= 64 else {
      throw ValueProblem(
        .cannotHonour, "the host name has \(name.utf8.count) characters", label: "the kernel takes at most 64")
    }
    return name
  }

  /// A name in DNS: labels of letters, digits, `-` (and `_`, which Compose names use), separated by dots.
  static func alias(_ text: String) throws(ValueProblem) -> String {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    let isFine = labels.allSatisfy { label in
      let bytes = Array(label.utf8)
      guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
      let dash = UInt8(ascii: "-")
      return first != dash && last != dash && bytes.allSatisfy { isWord($0) || $0 == dash || $0 == UInt8(ascii: "_") }
    }
    guard isFine, text.utf8.count <= 253 else {
      throw ValueProblem(
        .name, "\(DisplayText.quote(text)) is not a host name",
        help: "use at most 253 letters, digits, '-' and '.'")
    }
    return text
  }

  /// The project name of any text: lower case, `[a-z0-9_-]`, without `-` and `_` at the start. May be empty.
  static func project(_ text: String) -> String {
    let kept = text.lowercased().utf8.filter { isWord($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    return String(decoding: kept.drop { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }, as: UTF8.self)
  }

  /// Whether the text is a project's name already; a problem with the nearest one if not.
  static func checkProject(_ text: String) throws(ValueProblem) {
    let name = project(text)
    guard name == text, isProject(name) else {
      throw ValueProblem(.name, "\(DisplayText.quote(text)) is not a project name", help: projectHelp(name))
    }
  }

  static func isProject(_ name: String) -> Bool { !name.isEmpty && name.utf8.count <= 63 }

  static func projectHelp(_ name: String) -> String {
    let rule = "use at most 63 lower-case letters, digits, '-' and '_', with a letter or digit first"
    return isProject(name) ? "\(rule), such as '\(name)'" : rule
  }

  static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
