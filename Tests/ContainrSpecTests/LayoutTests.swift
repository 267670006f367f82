// The formatter: by example, and that it changes nothing but blanks, whatever it is given.
import Testing

@testable import ContainrSpec

@Suite struct LayoutTests {
  private func format(_ text: String, sort: Bool = false) -> String? {
    guard case .formatted(let formatted) = StackFormatter.format("t", Array(text.utf8), sortsSections: sort) else {
      return nil
    }
    return formatted
  }

  private func expect(
    _ text: String, becomes expected: String, _ location: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(format(text) == expected, sourceLocation: location)
    #expect(format(expected) == expected, "not stable", sourceLocation: location)
  }

  @Test("every level has two blanks, and a list stands one level below its key") func indentation() {
    expect(
      """
      services:
          web:
             image: x
             ports:
             - 80:80
             -   90:90
             environment:
                     A:   b
                     C :    d
      """,
      becomes: """
        services:
          web:
            image: x
            ports:
              - 80:80
              - 90:90
            environment:
              A: b
              C: d

        """)
  }

  @Test("lists of mappings and of lists") func nested() {
    expect(
      """
      a:
      -   b: 1
          c:
          - d
      -
          e: 2
      - - f
        -   - g
      """,
      becomes: """
        a:
          - b: 1
            c:
              - d
          -
            e: 2
          - - f
            - - g

        """)
  }

  @Test("comments move with what they stand at") func comments() {
    expect(
      """
      # head

      services:   # all of them
      # the web server
        web:
            image: x   # pinned
            # ports:
            #   - 80:80
        # the database
        db:
            environment:
                # nothing yet
            image: y
            # at the end of db
        # at the end of services
      # at the end
      """,
      becomes: """
        # head

        services:   # all of them
          # the web server
          web:
            image: x   # pinned
            # ports:
            #   - 80:80
          # the database
          db:
            environment:
              # nothing yet
            image: y
            # at the end of db
          # at the end of services
        # at the end

        """)
  }

  @Test("a comment that goes on below another stays below it") func besides() {
    expect(
      """
      a:
          b: c      # first
                    # second
          d: e
      """,
      becomes: """
        a:
          b: c      # first
                    # second
          d: e

        """)
  }

  @Test("empty lines stay, one of several, none at the ends; blanks at line ends go") func blanks() {
    expect("\n\na: 1  \n\n\n\nb: 2\t\n   \nc: 3\n\n\n", becomes: "a: 1\n\nb: 2\n\nc: 3\n")
    expect("", becomes: "")
    expect("  \n\n", becomes: "")
    expect("# only\n\n\n# comments", becomes: "# only\n\n# comments\n")
  }

  @Test("line ends and the byte order mark of Windows go") func windows() {
    expect("\u{FEFF}a:\r\n    b: |\r\n        x\r\n        y\r\n", becomes: "a:\n  b: |\n    x\n    y\n")
  }

  @Test("blocks keep their text to the blank, and their header") func blocks() {
    expect(
      """
      a:
          b: |
                x  \u{20}
                  y

                # no comment
          c: >-   # folded
              one
              two
          d: |+
              kept


          e: |3
                three


          f: |
              last


      g: 1
      """,
      becomes: """
        a:
          b: |
            x  \u{20}
              y

            # no comment
          c: >-   # folded
            one
            two
          d: |+
            kept


          e: |3
                three

          f: |
            last

        g: 1

        """)
  }

  @Test("a block whose indentation is given below a list as deep as its key") func blockInBareList() {
    expect("a:\n- |1\n   x\n  y\n", becomes: "a:\n  - |1\n     x\n    y\n")
  }

  @Test("a break at the end of the file is added, but not to a block that would hold it") func lastBreak() {
    expect("a: b", becomes: "a: b\n")
    expect("a: |-\n    x", becomes: "a: |-\n  x\n")
    expect("a: |\n    x", becomes: "a: |\n  x")
    expect("a: >+\n    x\n\n", becomes: "a: >+\n  x\n\n")
  }

  @Test("scalars of several lines keep their lines, and are moved as a whole") func scalars() {
    expect(
      "a:\n    b: one\n      two\n\n      three\n    c: \"x  \n       y\\\n         z\"\n    d: 'q\n\n\n   r'\n",
      becomes: "a:\n  b: one\n    two\n\n    three\n  c: \"x  \n     y\\\n       z\"\n  d: 'q\n\n\n    r'\n")
  }

  @Test("flow collections are moved as a whole, with their comments") func flow() {
    expect(
      """
      a:
          b: [x,   y,  # why
              # because
              {z: 1,
               q:   2}
          ]
          c: {}
      """,
      becomes: """
        a:
          b: [x,   y,  # why
              # because
              {z: 1,
               q:   2}
          ]
          c: {}

        """)
  }

  @Test("anchors, aliases, tags, merge keys, documents and explicit keys stay") func properties() {
    expect(
      """
      %YAML 1.1
      ---
      x-a:   &a
          b:   !reset   null
          ? long
          :    value
      c:
          <<:   *a
          d: !override
              - e
          *a   : f
      ...
      ---   # second
      g:
         - &h
           i: *a
      """,
      becomes: """
        %YAML 1.1
        ---
        x-a: &a
          b: !reset   null
          ? long
          : value
        c:
          <<: *a
          d: !override
            - e
          *a   : f
        ...
        ---   # second
        g:
          - &h
            i: *a

        """)
  }

  @Test("what is no YAML is said with its place, and nothing is given out") func broken() throws {
    guard case .unreadable(let findings, let source) = StackFormatter.format("t", Array("a: [1\nb: 2\n".utf8)) else {
      Issue.record("it was formatted")
      return
    }
    #expect(findings.count == 1)
    #expect(findings[0].primary?.file == "t")
    #expect(source.lineCount == 3)
  }

  @Test("a file with breaks that other tools see differently is left alone") func oddBreaks() {
    for text in ["a: 1\rb: 2\n", "a: |\n  x\ry\n"] {
      guard case .refused(let reason) = StackFormatter.format("t", Array(text.utf8)) else {
        Issue.record("it was formatted: \(text)")
        continue
      }
      #expect(reason.contains("line break"))
    }
  }

  @Test("more levels than a stack may have are refused") func deep() {
    let text = (0..<80).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    guard case .refused(let reason) = StackFormatter.format("t", Array(text.utf8)) else {
      Issue.record("it was formatted")
      return
    }
    #expect(reason.contains("64"))
  }

  @Test("the sections are sorted on demand, with the comments above them") func sorting() {
    let text = """
      # The file.

      volumes:
        data:
      # Anchors.
      x-common: &common
        restart: always
      services:
        web: *common

      # Its name.
      name: demo
      """
    #expect(
      format(text, sort: true) == """
        # The file.

        # Its name.
        name: demo

        # Anchors.
        x-common: &common
          restart: always

        services:
          web: *common

        volumes:
          data:

        """)
    #expect(format(format(text, sort: true)!, sort: true) == format(text, sort: true))
    #expect(format(text)?.hasPrefix("# The file.\n\nvolumes:\n  data:\n# Anchors.\nx-common") == true)
  }

  @Test(
    "what cannot be sorted is left alone",
    arguments: [
      "volumes: {a: &v {}}\nservices: {w: *v}\n", "services: 1\n---\nname: 2\n",
      "volumes: &a {}\nx-a: &a {}\nservices: *a\n",
    ]) func unsortable(_ text: String)
  {
    guard case .refused = StackFormatter.format("t", Array(text.utf8), sortsSections: true) else {
      Issue.record("it was sorted")
      return
    }
  }
}

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
