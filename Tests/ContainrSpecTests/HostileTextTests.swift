// Bytes that are no text, text that is no YAML, and characters that deceive.
import Testing

@testable import ContainrSpec

struct HostileTextTests {
  private static func bytes(_ name: String, _ bad: [UInt8], _ expected: String) -> Hostile {
    Hostile(name, bytes: Array((head + "    user: ab").utf8) + bad + Array("\n".utf8), expected)
  }

  static let files: [Hostile] = [
    bytes("overlong slash", [0xC0, 0xAF], "C0002 5:13"),
    bytes("overlong three bytes", [0xE0, 0x80, 0xAF], "C0002 5:13"),
    bytes("half a surrogate pair", [0xED, 0xA0, 0x80], "C0002 5:13"),
    bytes("beyond Unicode", [0xF4, 0x90, 0x80, 0x80], "C0002 5:13"),
    bytes("a lone continuation byte", [0x80], "C0002 5:13"),
    bytes("Latin-1", [0xE9], "C0002 5:13"),
    bytes("never a byte of UTF-8", [0xFF], "C0002 5:13"),
    Hostile("the file ends inside a character", bytes: Array("a: é".utf8).dropLast(), "C0002 1:4"),
    Hostile("wide characters before the bad byte", bytes: Array("é: 日本\n😀: ".utf8) + [0xFF], "C0002 2:4"),
    Hostile("NUL", "a: b\u{0}c\n", "C0002 1:5"),
    Hostile("NUL alone", "\u{0}", "C0002 1:1"),
    Hostile("NUL by an escape", head + "    user: \"a\\0b\"\n", "C0002 5:11", "C0110 5:11"),
    Hostile("an escape sequence of a terminal", "a: \u{1B}[31m\n", "C0002 1:4"),
    Hostile("a backspace in a comment", head + "# \u{8}\n", "C0002 5:3"),
    Hostile("DEL", "a\u{7F}: 1\n", "C0002 1:2"),
    Hostile("a C1 control character", "a: \u{9B}31m\n", "C0002 1:4"),
    Hostile("U+FFFE", "a: \u{FFFE}\n", "C0002 1:4"),
    Hostile("UTF-16 with a mark, little endian", bytes: [0xFF, 0xFE, 0x61, 0x00], "C0002 1:1"),
    Hostile("UTF-16 with a mark, big endian", bytes: [0xFE, 0xFF, 0x00, 0x61], "C0002 1:1"),
    Hostile("UTF-16 without a mark", bytes: [0x61, 0, 0x3A, 0, 0x20, 0], "C0002 1:1"),
    Hostile("UTF-32 with a mark", bytes: [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "C0002 1:1"),
    Hostile("UTF-32 without a mark", bytes: [0, 0, 0, 0x61, 0, 0, 0, 0x3A], "C0002 1:1"),
    Hostile("a byte order mark", "\u{FEFF}" + head),
    Hostile("a byte order mark and nothing else", "\u{FEFF}", "C0104 1:1"),
    Hostile("two byte order marks", "\u{FEFF}\u{FEFF}" + head, "C0002 1:1"),
    Hostile("a byte order mark in the middle", head + "\u{FEFF}networks: {}\n", "C0002 5:1"),
    Hostile("a byte order mark in a comment", head + "# a\u{FEFF}b\n"),
    Hostile("CRLF", head.replacing("\n", with: "\r\n")),
    Hostile("CR alone", head.replacing("\n", with: "\r") + "    x: 1\r", "C0102 5:5"),
    Hostile("all three line ends", "services:\r\n  web:\r    layers: [./a]\n    command: [c]\n    y: 1\n", "C0102 5:5"),
    Hostile("NEL ends a comment for some", head + "# a\u{85}    privileged: true\n", "C0052 5:4"),
    Hostile("LS in a value", head + "    user: a\u{2028}b\n", "C0052 5:12"),
    Hostile("PS between keys", head + "\u{2029}    user: a\n", "C0052 5:1"),
    Hostile("LS by an escape is text", head + "    labels: {a: \"x\\u2028y\"}\n"),
    Hostile("text that turns around", head + "    labels: {a: \"\u{202E}x\"} # \u{2066}\n", "C0313 5:18"),
    Hostile("a no-break space as indentation", head + "   \u{A0}user: a\n", "C0053 5:4"),
    Hostile("a no-break space before a key", head + "    \u{A0}user: a\n", "C0053 5:5"),
    Hostile("an ideographic space before a key", "services:\n\u{3000}web: {}\n", "C0104 1:1", "C0053 2:1", "C0102 2:1"),
    Hostile("a no-break space in a value is text", head + "    labels: {a: x\u{A0}y}\n"),
    Hostile("wide and combining characters in a key", head + "    e\u{301}日: 1\n    b: 2\n", "C0102 5:5", "C0102 6:5"),
    Hostile("nothing but blanks", "   \n\n  \n", "C0104 1:1"),
    Hostile("a binary file", bytes: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], "C0002 1:1"),
    Hostile("gzip", bytes: [0x1F, 0x8B, 0x08, 0x00, 0x5A], "C0002 1:2"),
  ]

  @Test("bytes and characters", arguments: files)
  func file(_ file: Hostile) { #expect(file.complaint == nil) }

  @Test(
    "the finding says why the bytes are no character",
    arguments: [
      ([0xC0, 0xAF], "overlong"), ([0xED, 0xA0, 0x80], "surrogate"), ([0xF4, 0x90, 0x80, 0x80], "beyond"),
      ([0x80], "middle"), ([0xE9, 0x20], "Latin-1"), ([0xFF], "no character begins"),
      ([0xF0, 0x9F], "the file ends"),
    ] as [([UInt8], String)])
  func reasons(bytes: [UInt8], word: String) throws {
    #expect(try load(bytes: Array("é: ".utf8) + bytes).finding("C0002").label?.contains(word) == true)
  }
}
