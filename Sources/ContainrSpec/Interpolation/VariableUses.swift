// Which variables a text asks for and with which defaults, whatever their values are. Pure.

/// A variable that a stack can be given.
public struct VariableUse: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// `${NAME:?…}`: nothing is started without it.
  public var isRequired = false
  /// What stands in its place if it is not set, as it is written.
  public var defaultValue = ""
  /// What stands in its place if it is set, as it is written.
  public var alternateValue = ""
}

extension ModelValue {
  /// The variables in the texts of a model that was not interpolated, each once, sorted by name.
  ///
  /// Where one is used in several ways, it is required if it is so anywhere, and the first default and alternate count.
  public func variables() -> [VariableUse] {
    var found: [String: VariableUse] = [:]
    collect(&found)
    return found.values.sorted { $0.name < $1.name }
  }

  private func collect(_ found: inout [String: VariableUse]) {
    switch self {
    case .null, .boolean, .integer, .decimal: return
    case .string(let text): for use in VariableScanner.uses(in: text) { Self.add(use, to: &found) }
    case .list(let items): for item in items { item.collect(&found) }
    case .mapping(let entries): for entry in entries { entry.value.collect(&found) }
    }
  }

  private static func add(_ use: VariableUse, to found: inout [String: VariableUse]) {
    guard var known = found[use.name] else {
      found[use.name] = use
      return
    }
    if use.isRequired { known.isRequired = true }
    if known.defaultValue.isEmpty { known.defaultValue = use.defaultValue }
    if known.alternateValue.isEmpty { known.alternateValue = use.alternateValue }
    found[use.name] = known
  }
}

/// Finds `$NAME` and `${NAME…}` in one text; what is malformed is text here, and a finding where it is interpolated.
struct VariableScanner {
  /// Nested expressions; the interpolation allows no more.
  private static let maximumDepth = 32

  private let scalars: [Unicode.Scalar]
  private var uses: [VariableUse] = []

  static func uses(in text: String) -> [VariableUse] {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return [] }
    var scanner = VariableScanner(scalars: Array(text.unicodeScalars))
    scanner.scan(0..<scanner.scalars.count, depth: 0)
    return scanner.uses
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private mutating func scan(_ range: Range<Int>, depth: Int) {
    var index = range.lowerBound
    while index + 1 < range.upperBound {
      guard scalars[index] == "$" else {
        index += 1
        continue
      }
      let next = scalars[index + 1]
      if next == "$" {
        index += 2
      } else if next == "{", let end = Interpolator.braceEnd(scalars, of: index, in: range) {
        braced(index + 2..<end - 1, depth: depth)
        index = end
      } else {
        let name = name(from: index + 1, limit: range.upperBound)
        if !name.isEmpty { uses.append(VariableUse(name: text(name))) }
        index = max(index + 1, name.upperBound)
      }
    }
  }

  private mutating func braced(_ body: Range<Int>, depth: Int) {
    let name = name(from: body.lowerBound, limit: body.upperBound)
    guard !name.isEmpty else { return }
    var use = VariableUse(name: text(name))
    var operation = name.upperBound
    if operation < body.upperBound, scalars[operation] == ":" { operation += 1 }
    guard operation < body.upperBound else {
      if operation == name.upperBound { uses.append(use) }
      return
    }
    let argument = operation + 1..<body.upperBound
    switch scalars[operation] {
    case "?": use.isRequired = true
    case "-": use.defaultValue = text(argument)
    case "+": use.alternateValue = text(argument)
    default: return
    }
    uses.append(use)
    if depth < Self.maximumDepth { scan(argument, depth: depth + 1) }
  }

  private func name(from start: Int, limit: Int) -> Range<Int> {
    var index = start
    while index < limit, Interpolator.isNameStart(scalars[index]) || (index > start && isDigit(scalars[index])) {
      index += 1
    }
    return start..<index
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  private func text(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[range])
    return String(view)
  }
}
