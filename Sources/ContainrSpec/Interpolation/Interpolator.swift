// Replaces `$VAR` and `${VAR…}` in one text. Pure: variables come from a closure, problems go back as values.

/// The interpolation grammar of the Compose Specification.
struct Interpolator {
  struct Problem: Error {
    enum Kind {
      case unset(String)
      case required(String, message: String)
      case malformed(String)
    }
    let kind: Kind
    /// Scalar offsets in the text that was expanded.
    let range: Range<Int>
  }

  struct Outcome {
    var text: String
    var problems: [Problem] = []
    /// Names in the order of their first use.
    var used: [String] = []
  }

  /// Nested `${A:-${B:-…}}` recurses; nobody writes more levels.
  private static let maximumDepth = 32
  private static let maximumOutput = 1 << 20

  private let scalars: [Unicode.Scalar]
  private let lookup: (String) -> String?
  private var outcome = Outcome(text: "")
  private var names: Set<String> = []
  private var written = 0

  static func expand(_ text: String, lookup: (String) -> String?) -> Outcome {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return Outcome(text: text) }
    return withoutActuallyEscaping(lookup) { lookup in
      var interpolator = Interpolator(scalars: Array(text.unicodeScalars), lookup: lookup)
      do throws(Problem) {
        let view = try interpolator.expand(0..<interpolator.scalars.count, depth: 0)
        interpolator.outcome.text = String(view)
      } catch {
        interpolator.outcome.problems.append(error)
        interpolator.outcome.text = text
      }
      return interpolator.outcome
    }
  }

  private init(scalars: [Unicode.Scalar], lookup: @escaping (String) -> String?) {
    self.scalars = scalars
    self.lookup = lookup
  }

  private mutating func expand(_ range: Range<Int>, depth: Int) throws(Problem) -> String.UnicodeScalarView {
    if depth > Self.maximumDepth {
      throw Problem(kind: .malformed("more than \(Self.maximumDepth) nested expressions"), range: range)
    }
    var out = String.UnicodeScalarView()
    var index = range.lowerBound
    while index < range.upperBound {
      guard scalars[index] == "$", index + 1 < range.upperBound else {
        out.append(scalars[index])
        index += 1
        continue
      }
      let next = scalars[index + 1]
      if next == "$" {
        out.append("$")
        index += 2
      } else if next == "{" {
        let end = try braceEnd(of: index, in: range)
        out.append(contentsOf: try braced(index..<end, depth: depth))
        index = end
      } else if Self.isNameStart(next) {
        let end = nameEnd(from: index + 1, limit: range.upperBound)
        out.append(contentsOf: try value(of: string(index + 1..<end), at: index..<end).unicodeScalars)
        index = end
      } else {
        out.append("$")
        index += 1
      }
    }
    return out
  }

  /// Where the `}` that closes the `${` at `start` ends.
  ///
  /// Plain braces pair up, so that a default may be JSON; where they do not pair, only those after a `$` count.
  private func braceEnd(of start: Int, in range: Range<Int>) throws(Problem) -> Int {
    if let end = Self.braceEnd(scalars, of: start, in: range) { return end }
    throw Problem(kind: .malformed("'${' is never closed"), range: start..<range.upperBound)
  }

  /// The same for others that read the grammar; nil: there is none.
  static func braceEnd(_ scalars: [Unicode.Scalar], of start: Int, in range: Range<Int>) -> Int? {
    braceEnd(scalars, of: start, in: range, countsPlain: true)
      ?? braceEnd(scalars, of: start, in: range, countsPlain: false)
  }

  private static func braceEnd(
    _ scalars: [Unicode.Scalar], of start: Int, in range: Range<Int>, countsPlain: Bool
  ) -> Int? {
    var depth = 0
    var index = start
    while index < range.upperBound {
      let next = index + 1 < range.upperBound ? scalars[index + 1] : nil
      switch scalars[index] {
      case "$" where next == "$": index += 1
      case "$" where next == "{":
        depth += 1
        index += 1
      case "{" where countsPlain: depth += 1
      case "}":
        depth -= 1
        if depth == 0 { return index + 1 }
      default: break
      }
      index += 1
    }
    return nil
  }

  private mutating func braced(_ range: Range<Int>, depth: Int) throws(Problem) -> String.UnicodeScalarView {
    let body = range.lowerBound + 2..<range.upperBound - 1
    guard let first = body.first, Self.isNameStart(scalars[first]) else {
      throw Problem(kind: .malformed("'${' must be followed by a variable's name"), range: range)
    }
    let nameEnd = nameEnd(from: body.lowerBound, limit: body.upperBound)
    let name = string(body.lowerBound..<nameEnd)
    guard nameEnd < body.upperBound else { return try value(of: name, at: range).unicodeScalars }
    var operation = nameEnd
    let countsEmpty = scalars[operation] == ":"
    if countsEmpty { operation += 1 }
    guard operation < body.upperBound, ["-", "?", "+"].contains(scalars[operation]) else {
      throw Problem(kind: .malformed("unknown expression after the name '\(name)'"), range: range)
    }
    let argument = operation + 1..<body.upperBound
    let current = lookup(name)
    use(name)
    let isSet = current != nil && !(countsEmpty && current == "")
    switch scalars[operation] {
    case "-":
      if isSet { return try counted(current!, at: range).unicodeScalars }
      return try expand(argument, depth: depth + 1)
    case "+": return isSet ? try expand(argument, depth: depth + 1) : String.UnicodeScalarView()
    default:
      if isSet { return try counted(current!, at: range).unicodeScalars }
      let message = String(try expand(argument, depth: depth + 1))
      outcome.problems.append(Problem(kind: .required(name, message: message), range: range))
      return String.UnicodeScalarView()
    }
  }

  private mutating func value(of name: String, at range: Range<Int>) throws(Problem) -> String {
    use(name)
    if let value = lookup(name) { return try counted(value, at: range) }
    outcome.problems.append(Problem(kind: .unset(name), range: range))
    return ""
  }

  private mutating func use(_ name: String) {
    if names.insert(name).inserted { outcome.used.append(name) }
  }

  /// `value`, while all values together stay within bounds.
  private mutating func counted(_ value: String, at range: Range<Int>) throws(Problem) -> String {
    written += value.utf8.count
    guard written <= Self.maximumOutput else {
      throw Problem(kind: .malformed("the variables expand to more than \(Self.maximumOutput) bytes"), range: range)
    }
    return value
  }

  private func nameEnd(from start: Int, limit: Int) -> Int {
    var index = start
    while index < limit, Self.isNameStart(scalars[index]) || ("0"..."9").contains(scalars[index]) { index += 1 }
    return index
  }

  private func string(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[range])
    return String(view)
  }

  static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }
}
