// What `config` prints means what the file means: load, print, load gives the same model, as YAML and as JSON.
import Foundation
import Testing

@testable import ContainrSpec

struct RoundTripTests {
  private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func load(_ text: String, in directory: String = "/srv/demo") -> LoaderResult {
    StackLoader.load(
      LoaderInput(
        file: "stack.yaml", bytes: Array(text.utf8), absolutePath: "\(directory)/stack.yaml",
        projectDirectory: directory, environment: ["HOME": "/h", "SET": "v$x", "TAG": "1"],
        readFile: { path in
          // The parts of an example are read as they are.
          if path.hasPrefix(Self.top.path), let data = FileManager.default.contents(atPath: path) { return Array(data) }
          if path.hasSuffix(".env") { return Array("A=1\nPRICE='5$'\nTWO=\"a\\nb\"\n".utf8) }
          if path.hasSuffix(".txt") { return Array("a=b\n".utf8) }
          return Array("services: {base: {image: common}}".utf8)
        }, activeProfiles: ["debug"], purpose: .check))
  }

  /// Checks the law for one file. False: the file is wrong, so the law says nothing about it.
  private func check(_ text: String, _ comment: String, in directory: String = "/srv/demo") throws -> Bool {
    guard let model = load(text, in: directory).model else { return false }
    let written = [
      ModelWriter.yaml(model, escapesDollars: true), ModelWriter.json(model, escapesDollars: true),
    ]
    for again in written {
      let second = load(again, in: directory)
      let errors = second.diagnostics.filter { $0.severity == .error }.map(\.message)
      #expect(errors == [], "\(comment)\n\(text)\n--- printed\n\(again)")
      // Values that differ are easier to read than two models.
      let difference = second.model.flatMap { Self.difference(model, $0, "") }
      #expect(difference == nil, "\(comment)\n\(text)\n--- printed\n\(again)")
      if let model = second.model {
        #expect(ModelWriter.yaml(model, escapesDollars: true) == written[0], "\(comment)")
      }
    }
    return true
  }

  private static func difference(_ one: ModelValue, _ other: ModelValue, _ path: String) -> String? {
    if one == other { return nil }
    guard case .mapping(let entries) = one, case .mapping(let others) = other, entries.map(\.key) == others.map(\.key)
    else { return "\(path): \(one) became \(other)" }
    for (entry, other) in zip(entries, others) {
      if let found = difference(entry.value, other.value, "\(path).\(entry.key)") { return found }
    }
    return "\(path)"
  }

  @Test("the examples and the right files of the schema's test")
  func files() throws {
    let examples = try FileManager.default.contentsOfDirectory(
      at: Self.top.appending(path: "examples/stacks"), includingPropertiesForKeys: nil
    ).map { $0.appending(path: "stack.yaml") }
    let valid = try FileManager.default.contentsOfDirectory(
      at: Self.top.appending(path: "Tests/Schema/valid"), includingPropertiesForKeys: nil)
    #expect(examples.count >= 5 && valid.count >= 8)
    for file in examples + valid {
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(
        try check(text, file.path, in: file.deletingLastPathComponent().path), "\(file.path) does not load")
    }
  }

  @Test(
    "texts that another reading would change",
    arguments: [
      "yes", "No", "0777", "1.10", "1:30", "22:22", "~", "null", "", " ", "a: b", "- a", "#a", "a #b", "$HOME", "${A}",
      "$$", "'", "\"", "\\", "a\nb", "a\n", "\na", "  a\n b\n", "\t", "é\u{301}", "\u{1F600}", "\u{85}", "\u{2028}",
      "\u{7F}", "\u{1B}", "!a", "&a", "*a", "%a", "@a", "`a", "{a", "[a", "a]", "?", "? a", ":", "|", ">", "=", "<<",
      "---",
      "...", "1e3", ".5", "+1", "-", "0x1F", "0o7", "1_000", "12:30:45", "2001-01-01", ".inf", "true", "a\r\nb",
    ])
  func texts(text: String) throws {
    // As JSON, which is YAML as well, and with every `$` escaped.
    let quoted = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self).dropFirst().dropLast()
    var value = quoted.replacing("$", with: "$$").replacing("\\/", with: "/")
    // YAML takes these only as escapes.
    for (character, escape) in [("\u{85}", "\\u0085"), ("\u{2028}", "\\u2028"), ("\u{7F}", "\\u007f")] {
      value = value.replacing(character, with: escape)
    }
    let file = """
      {"services": {"web": {"image": "x", "environment": {"V": \(value)}, "labels": {"l": \(value)},
        "command": ["run", \(value)], "x-own": {"k": \(value), "list": [\(value)]}, "configs": ["c"]}},
       "configs": {"c": {"content": \(value)}}}
      """
    let model = try #require(load(file).model, "\(load(file).diagnostics.map(\.message))")
    #expect(model["services"]?["web"]?["environment"]?["V"] == .string(text))
    #expect(try check(file, text))
  }

  @Test("a stack without a service whose profile is active is printed without services, and is right")
  func inactive() throws {
    #expect(try check("services: {web: {image: x, profiles: [other]}}", "inactive"))
    let empty = load("services: {}")
    #expect(empty.diagnostics.map(\.code) == ["C0104"] && empty.model != nil)
    #expect(ContainrSpecTests.load("services: {}").errors.map(\.code) == ["C0104"])
  }

  @Test("generated files", arguments: 0..<16)
  func generated(seed: Int) throws {
    var random = FuzzTests.Generator(state: UInt64(seed) &* 7919 &+ 17)
    var right = 0
    for _ in 0..<25 where try check(StackGenerator.file(&random), "seed \(seed)") { right += 1 }
    // A generator that mostly made wrong files would show nothing.
    #expect(right >= 15)
  }
}
