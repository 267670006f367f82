// The published schema and the decoder's key tables agree, in both directions.
import Foundation
import Testing

@testable import ContainrSpec

struct SchemaTests {
  private func schema() throws -> [String: Any] {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "schemas/stack.schema.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("the schema is draft-07 and its definitions are exactly the decoder's tables")
  func definitions() throws {
    let schema = try schema()
    #expect(schema["$schema"] as? String == "http://json-schema.org/draft-07/schema#")
    let definitions = try #require(schema["definitions"] as? [String: Any])
    #expect(Set(definitions.keys) == Set(KeyTable.all.map(\.definition)).subtracting([""]))
  }

  @Test("every object has the same keys, and what is not honoured says so")
  func keys() throws {
    let schema = try schema()
    let definitions = try #require(schema["definitions"] as? [String: [String: Any]])
    for table in KeyTable.all {
      let object = table.definition.isEmpty ? schema : try #require(definitions[table.definition])
      let properties = try #require(object["properties"] as? [String: [String: Any]])
      #expect(Set(properties.keys) == Set(table.keys.keys), "\(table.definition)")
      #expect(object["additionalProperties"] as? Bool == (table.otherKeys != nil), "\(table.definition)")
      for (key, rule) in table.keys {
        let description = try #require(properties[key]?["description"] as? String)
        #expect(
          description.contains("Not honoured yet") == !rule.support.isAccepted,
          "\(table.definition).\(key): \(description)")
      }
    }
  }

  @Test("the published file is what the tables say")
  func published() throws {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "schemas/stack.schema.json")
    if ProcessInfo.processInfo.environment["CONTAINR_WRITE_SCHEMA"] != nil {
      try Data(StackSchema.text.utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == StackSchema.text, "run 'make schema' and commit the file")
  }

  @Test("docs/stack-file.md ends with what the tables say")
  func document() throws {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let file = root.appending(path: "docs/stack-file.md")
    let marker = "--filter SchemaTests writes it. -->\n\n"
    let text = try String(contentsOf: file, encoding: .utf8)
    let start = try #require(text.range(of: marker)).upperBound
    if ProcessInfo.processInfo.environment["CONTAINR_WRITE_SCHEMA"] != nil {
      try Data((text[..<start] + KeyReference.markdown).utf8).write(to: file)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8).hasSuffix(marker + KeyReference.markdown), "run 'make schema'")
  }

  @Test("every reference of the schema leads to a definition")
  func references() throws {
    let text = String(decoding: try JSONSerialization.data(withJSONObject: schema()), as: UTF8.self)
    let definitions = Set(KeyTable.all.map(\.definition))
    for match in text.matches(of: /#\\?\/definitions\\?\/([a-z_]+)/) { #expect(definitions.contains(String(match.1))) }
  }

  @Test("synonyms lead to keys that exist")
  func synonyms() {
    for table in KeyTable.all {
      for (word, key) in table.synonyms {
        #expect(table.keys[key] != nil, "\(word) → \(key)")
        #expect(table.keys[word] == nil, "\(word) is a key itself")
      }
    }
  }

  @Test("every service attribute of the specification of 2026-06 is known")
  func specification() {
    // 92 of the schema, `pre_start` of the text, and our own `layers` and `x-containr`.
    #expect(KeyTable.service.keys.count == 92 + 1 + 2)
  }
}
