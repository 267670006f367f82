// What holds of the formatter for every file, shown with texts as badly laid out as YAML allows.
import Testing

@testable import ContainrSpec

/// What holds for every file.
@Suite struct LayoutPropertyTests {
  /// Everything but blanks and breaks.
  private func substance(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { ![" ", "\n", "\t", "\r", "\u{FEFF}"].contains($0) }
  }

  private func check(_ text: String) throws -> Bool {
    guard case .formatted(let formatted) = StackFormatter.format("t", Array(text.utf8)) else { return false }
    #expect(substance(formatted) == substance(text), "\(text)")
    #expect(try ModelReading.read(formatted) == ModelReading.read(text), "\(text)\n>>>\n\(formatted)")
    guard case .formatted(let again) = StackFormatter.format("t", Array(formatted.utf8)) else {
      Issue.record("the formatted text is refused:\n\(formatted)")
      return true
    }
    #expect(again == formatted, "\(text)\n>>>\n\(formatted)\n>>>\n\(again)")
    #expect(formatted.isEmpty || formatted.hasSuffix("\n") || !text.hasSuffix("\n"))
    return true
  }

  @Test("content, comments and order stay, and formatting twice is formatting once", arguments: 0..<16)
  func messy(seed: Int) throws {
    var readable = 0
    for number in 0..<60 {
      var writer = MessyWriter(seed: UInt64(seed * 1000 + number))
      let text = writer.document()
      // Some of what the generator writes is no YAML.
      do { _ = try ModelReading.read(text) } catch { continue }
      readable += 1
      #expect(try check(text), "refused:\n\(text)")
    }
    #expect(readable > 30)
  }

  @Test("damaged files are refused or keep what they say", arguments: 0..<8) func damaged(seed: Int) throws {
    var random = FuzzTests.Generator(state: UInt64(seed) &+ 77)
    let alphabet = Array("{}[]:,-&*!|>'\"%@#?$\n  \t~<= 019ab".utf8)
    for number in 0..<60 {
      var writer = MessyWriter(seed: UInt64(seed * 1000 + number))
      var bytes = Array(writer.document().utf8)
      for _ in 0..<3 where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = alphabet.randomElement(using: &random)!
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard case .formatted(let formatted) = StackFormatter.format("t", bytes) else { continue }
      #expect(substance(formatted) == substance(text), "\(text)")
      guard case .formatted(let again) = StackFormatter.format("t", Array(formatted.utf8)) else {
        Issue.record("the formatted text is refused:\n\(formatted)")
        continue
      }
      #expect(again == formatted, "\(text)\n>>>\n\(formatted)\n>>>\n\(again)")
    }
  }
}

/// Writes YAML as badly laid out as YAML allows.
struct MessyWriter {
  private var random: FuzzTests.Generator
  private var out = ""
  private var keys = 0

  init(seed: UInt64) { random = FuzzTests.Generator(state: seed) }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func blanks(_ range: ClosedRange<Int>) -> String { String(repeating: " ", count: number(range)) }

  mutating func document() -> String {
    noise(0)
    if chance(10) { out += "---\n" }
    mapping(at: number(0...2), depth: 0)
    noise(number(0...6))
    return chance(20) ? String(out.dropLast()) : out
  }

  /// Empty lines and comments.
  private mutating func noise(_ column: Int) {
    while chance(25) { out += chance(50) ? "\n" : blanks(0...9) + "\n" }
    while chance(25) {
      out += String(repeating: " ", count: chance(60) ? column : number(0...10)) + "# c\(number(0...999)) 'x\": [\n"
      if chance(20) { out += "\n\n" }
    }
  }

  private mutating func endLine() {
    if chance(15) { out += blanks(1...4) + "# e\(number(0...99))" }
    out += blanks(0...(chance(20) ? 3 : 0)) + "\n"
  }

  private mutating func mapping(at column: Int, depth: Int, continuesLine: Bool = false) {
    for index in 0..<number(1...4) {
      if index > 0 || !continuesLine {
        noise(column)
        out += String(repeating: " ", count: column)
      }
      keys += 1
      out += "k\(keys)\(chance(10) ? blanks(1...3) : ""):"
      value(parent: column, depth: depth, canBeBare: true)
    }
  }

  private mutating func list(at column: Int, depth: Int, continuesLine: Bool = false) {
    for index in 0..<number(1...4) {
      if index > 0 || !continuesLine {
        noise(column)
        out += String(repeating: " ", count: column)
      }
      out += "-"
      if depth < 5, chance(30) {
        let gap = number(1...4)
        out += String(repeating: " ", count: gap)
        if chance(70) {
          mapping(at: column + 1 + gap, depth: depth + 1, continuesLine: true)
        } else {
          list(at: column + 1 + gap, depth: depth + 1, continuesLine: true)
        }
      } else {
        value(parent: column, depth: depth, canBeBare: false)
      }
    }
  }

  /// What follows a colon or a dash.
  private mutating func value(parent: Int, depth: Int, canBeBare: Bool) {
    switch number(0...(depth > 4 ? 6 : 9)) {
    case 0: endLine()
    case 1: plain(parent)
    case 2: quoted(parent)
    case 3: block(parent)
    case 4: flow(parent)
    default:
      if depth > 4 { return plain(parent) }
      if chance(15) { out += blanks(1...2) + "&a\(number(0...9))" }
      endLine()
      if chance(50) {
        mapping(at: parent + number(1...5), depth: depth + 1)
      } else {
        list(at: parent + number((canBeBare ? 0 : 1)...4), depth: depth + 1)
      }
    }
  }

  private mutating func plain(_ parent: Int) {
    if chance(20) {
      endLine()
      out += String(repeating: " ", count: parent + number(1...4))
    } else {
      out += blanks(1...3)
    }
    out += ["x", "1", "a b", "~", "true", "a:b", "x#y", "!!str v"].randomElement(using: &random)!
    if chance(20) {
      for _ in 0..<number(1...2) {
        if chance(30) { out += "\n" }
        out += "\n" + String(repeating: " ", count: parent + number(1...6)) + "more"
      }
    }
    endLine()
  }

  private mutating func quoted(_ parent: Int) {
    out += blanks(1...3)
    let quote = chance(50) ? "'" : "\""
    out += quote + "q # no"
    for _ in 0..<(chance(30) ? number(1...3) : 0) {
      out += chance(30) && quote == "\"" ? " \\" : blanks(0...2)
      out += "\n" + String(repeating: " ", count: parent + number(1...6)) + "z"
      if chance(20) { out += "\n" }
      if chance(20) { out += "\n" + blanks(0...3) }
    }
    out += quote
    endLine()
  }

  private mutating func block(_ parent: Int) {
    let extra = number(1...5)
    let given = chance(30)
    out += " " + (chance(50) ? "|" : ">") + (given ? "\(extra)" : "")
    out += ["", "-", "+"].randomElement(using: &random)!
    endLine()
    // Of a list as deep as its key, libyaml counts from the key; the generator does not know, so such texts may not be YAML.
    let content = String(repeating: " ", count: parent + extra)
    out += content + (given ? blanks(0...2) : "") + "text # no\n"
    for _ in 0..<number(0...4) {
      switch number(0...3) {
      case 0: out += "\n"
      case 1: out += content + blanks(0...4) + "\n"
      default: out += content + blanks(0...3) + "line: [\n"
      }
    }
  }

  private mutating func flow(_ parent: Int) {
    out += blanks(1...3)
    let isList = chance(50)
    out += isList ? "[" : "{"
    for index in 0..<number(0...3) {
      if index > 0 { out += "," }
      if chance(30) {
        endLine()
        if chance(20) { out += blanks(1...9) + "# f\n" }
        out += String(repeating: " ", count: parent + number(1...6))
      }
      out += isList ? " i\(index)" : " f\(index): 'v'"
    }
    if chance(20) { out += "\n" + String(repeating: " ", count: parent + 1) }
    out += isList ? "]" : "}"
    endLine()
  }
}
