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
