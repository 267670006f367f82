import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct TableTests {
  @Test("columns are aligned, and no line ends in blanks") func alignment() {
    var table = Table([("NAME", .left), ("PID", .right), ("PORTS", .left)])
    table.rows = [["hello-web-1", "7", "0.0.0.0:8080->80/tcp"], ["hello-a-1", "12345", ""]]
    #expect(
      table.text(Ink(isOn: false)) == """
        NAME           PID  PORTS
        hello-web-1      7  0.0.0.0:8080->80/tcp
        hello-a-1    12345

        """)
  }

  @Test("colours do not disturb the alignment") func colours() {
    var table = Table([("A", .left), ("B", .left)])
    table.rows = [["x", "y"]]
    table.paint = { _, column in column == 0 ? "32" : nil }
    #expect(table.text(Ink(isOn: true)) == "\u{1B}[1mA\u{1B}[0m  \u{1B}[1mB\u{1B}[0m\n\u{1B}[32mx\u{1B}[0m  y\n")
  }

  @Test("a cell cannot move the cursor") func hostile() {
    var table = Table([("A", .left)])
    table.rows = [["\u{1B}[2J"]]
    #expect(table.text(Ink(isOn: false)) == "A\n\\u{1b}[2J\n")
  }
}
