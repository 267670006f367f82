// YAML that is broken, or legal and hardly meant: tabs, quotes, brackets, keys, tags, directives.
import Testing

@testable import ContainrSpec

struct HostileSyntaxTests {
  static let files: [Hostile] = [
    Hostile("a tab at the start of a line", "services:\n\tweb: {}\n", "C0050 2:1"),
    Hostile("a tab behind spaces", "services:\n  web:\n  \timage: x\n", "C0050 3:3"),
    Hostile("a tab between key and value", head + "    user:\ta\n"),
    Hostile("a tab at the end of a line", head + "    user: a\t\n"),
    Hostile("a line of tabs only", head + "\t\t\n    user: a\n", "C0050 5:1"),
    Hostile("an unclosed double quote", head + "    user: \"a\n    hostname: b\n", "C0051 5:11"),
    Hostile("an unclosed single quote", head + "    user: 'it''s\n", "C0051 5:11"),
    Hostile("an unclosed quote before a document's end", head + "    user: \"a\n---\n", "C0051 5:11"),
    Hostile("an unclosed bracket", head + "    cap_add: [A, B\n", "C0051 5:14"),
    Hostile("an unclosed brace", head + "    labels: {a: b\n", "C0051 5:13"),
    Hostile("brackets of two kinds", head + "    labels: {a: [b}\n", "C0001 5:19"),
    Hostile("a closing bracket too much", head + "    cap_add: [A]]\n", "C0001 5:17"),
    Hostile("text behind a quoted value", head + "    user: \"a\" b\n", "C0001 5:15"),
    Hostile("a colon in a plain value", head + "    user: a: b\n", "C0001 5:12"),
    Hostile("a colon behind a quoted value", head + "    user: \"a\": b\n", "C0001 5:14"),
    Hostile("a value and a block", head + "    environment: x\n      A: b\n", "C0001 6:8"),
    Hostile("a key without a colon", head + "    user\n    hostname: b\n", "C0001 5:5"),
    Hostile("a key that is indented too little", head + "   user: a\n", "C0001 5:4"),
    Hostile("a key that is indented too much", head + "     user: a\n", "C0001 5:6"),
    Hostile("a list item in a mapping", head + "    - user\n", "C0001 5:5"),
    Hostile("a list that begins behind its key", head + "    cap_add: - A\n", "C0001 5:14"),
    Hostile("a mapping key in a list", head + "    cap_add:\n      - A\n      B: c\n", "C0001 7:7"),
    Hostile("an at sign", head + "    user: @a\n", "C0001 5:11"),
    Hostile("a backtick", head + "    user: `a`\n", "C0001 5:11"),
    Hostile("a percent sign", head + "    user: %a\n", "C0001 5:11"),
    Hostile("an asterisk", head + "    user: *\n", "C0001 5:11"),
    Hostile("an asterisk with a suffix", head + "    user: *.log\n", "C0001 5:11"),
    Hostile("an unknown escape", head + "    user: \"\\d\"\n", "C0001 5:12"),
    Hostile("an escape without digits", head + "    user: \"\\xZZ\"\n", "C0001 5:14"),
    Hostile("an escape beyond Unicode", head + "    user: \"\\UFFFFFFFF\"\n", "C0001 5:14"),
    Hostile("a surrogate by an escape", head + "    user: \"\\uD800\"\n", "C0001 5:14"),
    Hostile("a template", head + "    user: {{ user }}\n", "C0006 5:12"),
    Hostile("a list as a key", "? [a]\n: b\n", "C0006 1:3"),
    Hostile("a mapping as a key", "{{a: b}: c}\n", "C0006 1:2"),
    Hostile("an alias of a list as a key", "x-a: &a [b]\n*a : c\n", "C0006 2:1"),
    Hostile("an empty key", head + "    : a\n", "C0001 5:5"),
    Hostile("a key of 2000 characters", head + "    \(String(repeating: "k", count: 2000)): a\n", "C0001 5:5"),
    Hostile(
      "a key of 2000 characters with a question mark", head + "    ? \(String(repeating: "k", count: 2000))\n    : a\n",
      "C0102 5:7"),
    Hostile("a key over two lines", "a\nb: c\n", "C0001 2:2"),
    Hostile("duplicate keys", head + "    user: a\n    user: b\n    user: c\n", "C0103 6:5", "C0103 7:5"),
    Hostile("duplicate keys in two spellings", head + "    user: a\n    \"user\": b\n", "C0103 6:5"),
    Hostile("duplicate keys by an escape", head + "    user: a\n    \"\\x75ser\": b\n", "C0103 6:5"),
    Hostile("duplicate keys in braces", "services: {a: {}, a: {}}\n", "C0104 1:12", "C0103 1:19", "C0104 1:19"),
    Hostile("duplicate keys below x-", "x-a: {b: 1, b: 2}\n" + head, "C0103 1:13"),
    Hostile("an unknown tag", head + "    user: !foo a\n", "C0007 5:11"),
    Hostile("a tag of another language", head + "    user: !!python/object:os.system a\n", "C0007 5:11"),
    Hostile("a tag with a handle that nobody declared", head + "    user: !e!a b\n", "C0001 5:11"),
    Hostile("a binary tag", head + "    user: !!binary aGk=\n", "C0007 5:11"),
    Hostile("a core tag", head + "    environment: {A: !!str no}\n"),
    Hostile("YAML 1.1", "%YAML 1.1\n---\n" + head, "C0314 1:7"),
    Hostile("YAML 1.2", "%YAML 1.2\n---\n" + head),
    Hostile("YAML 2.0", "%YAML 2.0\n---\n" + head, "C0001 1:1"),
    Hostile("a directive without a document", "%YAML 1.2\n" + head, "C0001 2:1"),
    Hostile("an unknown directive", "%FOO bar\n---\n" + head, "C0001 1:5"),
    Hostile("the end of a document, and more", head + "...\nnetworks: {}\n", "C0001 6:1"),
    Hostile("an empty second document", head + "---\n"),
    Hostile("a block text with a bad indicator", head + "    user: |0\n      a\n", "C0001 5:12"),
    Hostile(
      "a block text that is indented less in its second line", head + "    user: |\n        a\n      b\n", "C0001 7:7"),
    Hostile("only text", "just text\n", "C0101 1:1"),
    Hostile("only a list", "- a\n- b\n", "C0101 1:1"),
    Hostile("only braces", "{}", "C0104 1:1"),
    Hostile("JSON", "{\"services\":{\"web\":{\"layers\":[\"./a\"],\"command\":[\"c\"],\"user\":\"0\"}}}"),
  ]

  @Test("broken and strange YAML", arguments: files)
  func file(_ file: Hostile) { #expect(file.complaint == nil) }

  @Test("more documents than anybody writes")
  func documents() {
    let text = String(repeating: "---\nx-a: 1\n", count: 1001)
    #expect(load(text).codes == ["C0008"])
  }
}
