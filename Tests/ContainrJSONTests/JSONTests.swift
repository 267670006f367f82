// JSON as it is read, written and pointed at.
@testable import ContainrJSON
import Testing

@Suite("JSON")
struct JSONTests {
  private func read(_ text: String) throws -> JSONValue { try JSONValue(Array(text.utf8)) }

  @Test("Every kind of value is read, and numbers keep all of their digits")
  func values() throws {
    let value = try read(#"{"a":[null,true,-1,18446744073709551615,9223372036854775807,1.5,"x\u00e9\n"],"b":{}}"#)
    #expect(
      value
        == .object([
          JSONMember(
            "a",
            .array([
              .null, .bool(true), .integer(-1), .natural(.max), .integer(.max), .real(1.5), .string("xé\n"),
            ])),
          JSONMember("b", .object([])),
        ]))
  }

  @Test("What is written is read back as the same, compact and indented")
  func round() throws {
    let value = JSONValue.object([
      JSONMember("quote\"\\\u{1}", .string("tab\tnl\n\u{7f}häj")),
      JSONMember("list", .array([.integer(1), .array([])])),
      JSONMember("big", .natural(.max)),
    ])
    #expect(try read(value.text()) == value)
    #expect(try read(value.text(indent: 2)) == value)
    #expect(JSONValue.array([.integer(1), .bool(false)]).text() == "[1,false]")
  }

  @Test(
    "What is no JSON is refused, with the place",
    arguments: [
      ("{", 1, 2), ("{\"a\":1,}", 1, 8), ("{\"a\":1} x", 1, 9), ("{\n \"a\": nope}", 2, 8), ("", 1, 1),
      ("{'a':1}", 1, 2), ("{\"a\":\"\u{1}\"}", 1, 7), ("[1,2", 1, 5),
    ])
  func refused(text: String, line: Int, column: Int) {
    let error = #expect(throws: JSONSyntaxError.self) { try read(text) }
    let position = JSONPosition(offset: error?.offset ?? -1, in: Array(text.utf8))
    // json-c stops at the byte it does not take, or right behind it.
    #expect(position.line == line)
    #expect(abs(position.column - column) <= 1)
  }

  @Test("Depth has an end")
  func depth() {
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(throws: JSONSyntaxError.self) { try read(deep) }
  }

  @Test("A path of names and numbers leads to its value's line and column")
  func position() {
    let text = """
      {
        "process": {"args": ["a", {"x": "}"}],
          "cwd" : "tmp"},
        "process2": 1
      }
      """
    let bytes = Array(text.utf8)
    #expect(JSONPosition(of: ["process", "cwd"], in: bytes) == JSONPosition(line: 3, column: 13))
    #expect(JSONPosition(of: ["process", "args", "1"], in: bytes) == JSONPosition(line: 2, column: 29))
    #expect(JSONPosition(of: ["process", "missing"], in: bytes) == JSONPosition(line: 2, column: 14))
    #expect(JSONPosition(of: [], in: bytes) == JSONPosition(line: 1, column: 1))
  }
}

extension JSONPosition {
  fileprivate init(line: Int, column: Int) {
    self.init(offset: 0, in: [])
    self.line = line
    self.column = column
  }
}
