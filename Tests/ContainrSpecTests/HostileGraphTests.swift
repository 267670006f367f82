// Anchors, aliases, merge keys, depth and size: what could take the machine's time and memory.
import Testing

@testable import ContainrSpec

struct HostileGraphTests {
  private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  /// `levels` lists of ten aliases each of the one before.
  private static func bomb(_ levels: Int) -> String {
    (1...levels).reduce("x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n") { text, level in
      text + "x-\(level): &a\(level) [\(repeated("*a\(level - 1), ", 9))*a\(level - 1)]\n"
    }
  }

  static let files: [Hostile] = [
    Hostile("an alias without an anchor", head + "    user: *nobody\n", "C0004 5:11"),
    Hostile("an alias before its anchor", "x-a: *b\nx-b: &b 1\n" + head, "C0004 1:6"),
    Hostile("an alias of another document", "x-a: &a 1\n---\nx-b: *a\n", "C0004 3:6"),
    Hostile("a list in itself", "x-a: &a [*a]\n", "C0004 1:10"),
    Hostile("a mapping in itself", "x-a: &a {b: {c: *a}}\n", "C0004 1:17"),
    Hostile("a mapping merged into itself", "x-a: &a\n  <<: *a\n", "C0004 2:7"),
    Hostile("an anchor that is defined anew", "x-a: &a [1]\nx-b: &a [2]\nx-c: *a\n" + head),
    Hostile("an anchor that is defined anew inside itself", "x-a: &a {b: &a 1, c: *a}\n" + head, "C0004 1:22"),
    Hostile("a merge of a text", head + "    <<: text\n", "C0005 5:9"),
    Hostile("a merge of a list of texts", head + "    <<: [a, b]\n", "C0005 5:9"),
    Hostile("a merge of a list of lists", head + "    <<: [[1]]\n", "C0005 5:9"),
    Hostile("a merge of nothing", head + "    <<:\n"),
    Hostile("a merge of an empty list", head + "    <<: []\n"),
    Hostile("a quoted merge key", head + "    \"<<\": {user: a}\n", "C0102 5:5"),
    Hostile("two merge keys", "x-a: &a {user: a}\nx-b: &b {hostname: b}\n" + head + "    <<: *a\n    <<: *b\n"),
    Hostile("an own key and a merged one", "x-a: &a {user: a}\n" + head + "    user: b\n    <<: *a\n"),
    Hostile("a mistake in what is merged", "x-a: &a {user: [a]}\n" + head + "    <<: *a\n", "C0101 1:16"),
    Hostile("20000 aliases of a text", "x-a: &a text\nx-l: [\(repeated("*a, ", 20_000))]\n" + head),
    Hostile(
      "100000 aliases of a list", "x-a: &a [1, 2, 3, 4, 5]\nx-l: [\(repeated("*a, ", 100_000))]\n", "C0003 2:333339"),
    Hostile("ten to the sixth values by aliases", bomb(5), "C0003 6:26"),
    Hostile("ten to the thirtieth values by aliases", bomb(29), "C0003 6:26"),
    Hostile(
      "merge keys that double",
      "x-0: &a0 {k: v}\n"
        + (1...30).map { "x-\($0): &a\($0) {a: *a\($0 - 1), b: *a\($0 - 1)}\n" }.joined(), "C0003 18:16"),
    Hostile("10000 brackets", "a: \(repeated("[", 10_000))", "C0003 1:67"),
    Hostile("10000 brackets, closed", "a: \(repeated("[", 10_000))\(repeated("]", 10_000))\n", "C0003 1:67"),
    Hostile("10000 braces", "a: \(repeated("{a: ", 10_000))", "C0003 1:256"),
    Hostile("1000 levels of blocks", (0..<1000).map { repeated(" ", $0) + "a:\n" }.joined(), "C0003 65:65"),
    Hostile("10000 lists in lists", "a:\n \(repeated("- ", 10_000))b\n", "C0003 2:128"),
    Hostile("1000 keys in keys", repeated("? ", 1000) + "a\n", "C0006 1:3"),
    Hostile("64 levels are not too deep", "x-a: \(repeated("[", 63))\(repeated("]", 63))\n" + head),
    Hostile(
      "levels by aliases",
      "x-0: &a0 [x]\n"
        + (1...70).map { "x-\($0): &a\($0) [*a\($0 - 1)]\n" }.joined(), "C0003 64:13"),
    Hostile("a million values", "x-a: [\(repeated("1,", 1_000_001))]\n", "C0003 1:2000005"),
    Hostile("a key of 100000 characters", head + "    ? \(repeated("k", 100_000))\n    : a\n", "C0102 5:7"),
    Hostile("100000 different keys that nobody knows", head + "    a: 1\n" + repeated("    # b\n", 1000), "C0102 5:5"),
  ]

  @Test("graphs, depth and size", arguments: files)
  func file(_ file: Hostile) { #expect(file.complaint == nil) }

  @Test("a text of 100 MB is refused by its size, and kept only in part")
  func huge() throws {
    var bytes = Array("services: {web: {image: \"".utf8)
    bytes += [UInt8](repeating: 0x61, count: 100 << 20)
    let loaded = load(bytes: bytes)
    #expect(try loaded.finding("C0003").primary?.start == SourcePosition(line: 1, column: 1, offset: 0))
    #expect(loaded.result.sources.allSatisfy { $0.text.utf8.count <= 4096 })
  }

  @Test("no more findings than a thousand, and each of them at its place")
  func findings() {
    let many = head + (0..<5000).map { "    key\($0): 1\n" }.joined()
    let diagnostics = load(many).result.diagnostics
    #expect(diagnostics.count == 1000)
    #expect(diagnostics.last?.primary?.start.line == 1004)
  }

  @Test("ten thousand services are not too many")
  func services() throws {
    let services = (0..<10_000).map { number in
      """
        s\(number):
          <<: *common
          image: registry.example.com/app:\(number)
          environment: {<<: *env, ID: "\(number)"}
          depends_on: [\(number == 0 ? "" : "s\(number / 2)")]
          networks: [net\(number % 20)]

      """
    }.joined()
    let nets = (0..<20).map { "  net\($0):\n" }.joined()
    let text =
      "x-env: &env {A: \"1\", B: \"2\", C: \"3\"}\n"
      + "x-common: &common {layers: [./a], command: [c], restart: always, user: a, hostname: h, working_dir: /}\n"
      + "services:\n\(services)networks:\n\(nets)"
    #expect(try load(text).plan().services.count == 10_000)
  }
}
