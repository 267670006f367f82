// Runs the built program: how much of a file has its effect, and the schema.
import ContainrSpec
import ContainrTestSupport
import Foundation
import Testing

@Suite struct CompatCommandTests {
  private static let stack =
    "services:\n  web:\n    layers: [/]\n    command: [x]\n    runtime: runsc\n    attach: false\n"

  private func compat(_ folder: ScratchDirectory, _ words: String...) throws -> CommandResult {
    try run(BuiltPrograms.path("containr"), ["compat"] + words, directory: folder.url)
  }

  @Test("the score and every key that has no effect, with its line and the reason") func text() throws {
    let folder = try ScratchDirectory("compat")
    try folder.write(Self.stack, to: "stack.yaml")
    let result = try compat(folder)
    #expect(
      result.output == """
        stack.yaml: 60%, 3 of 5 keys have their effect, 1 ignored, 1 refused
                   KEY                   PLACE           WHY
          refused  services.web.runtime  stack.yaml:5:5  Containr is the runtime, and starts no other one
          ignored  services.web.attach   stack.yaml:6:5  has no effect

        """, "\(result)")
    #expect(result.code == 0 && result.errors == "")
    #expect(try compat(folder, "--all").output.contains("  honoured  services.web.command  stack.yaml:4:5\n"))
  }

  @Test("as JSON, several stacks, and their sum") func several() throws {
    let folder = try ScratchDirectory("compat")
    try folder.write(Self.stack, to: "a.yaml")
    try folder.write("services: {web: {layers: [/], command: [x]}}\n", to: "b.yaml")
    #expect(
      try compat(folder, "a.yaml", "b.yaml").output.hasSuffix("\n2 stacks: 75%, 6 of 8 keys; all of them in 1\n"))
    let json = try compat(folder, "--format", "json", "a.yaml", "b.yaml")
    let object = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["format"] as? Int == 1)
    let stacks = try #require(object["stacks"] as? [[String: Any]])
    #expect(stacks.map { $0["percent"] as? Int } == [60, 100])
    let keys = try #require(stacks[0]["keys"] as? [[String: Any]])
    #expect(keys.map { $0["key"] as? String } == ["services.web.runtime", "services.web.attach"])
    #expect(keys[0]["line"] as? Int == 5)
    #expect((stacks[0]["counts"] as? [String: Int])?["refused"] == 1)
  }

  @Test("files of one stack are named with -f, and a file that is no stack ends with 2") func oneStack() throws {
    let folder = try ScratchDirectory("compat")
    try folder.write(Self.stack, to: "a.yaml")
    try folder.write("services: {web: {runtime: !reset null, attach: true}}\n", to: "b.yaml")
    #expect(try compat(folder, "-f", "a.yaml", "-f", "b.yaml").output.hasPrefix("a.yaml: 100%, 4 of 4 keys"))
    try folder.write("services: [\n", to: "bad.yaml")
    let bad = try compat(folder, "bad.yaml", "missing.yaml", "a.yaml")
    #expect(bad.errors.contains("error: the stack file missing.yaml cannot be read: No such file or directory\n"))
    #expect(bad.code == 2 && bad.output.hasPrefix("a.yaml: 60%") && bad.errors.contains(" --> bad.yaml:"), "\(bad)")
    #expect(try compat(folder, "-f", "a.yaml", "b.yaml").code == 1)
  }

  @Test("the schema is the one that the library makes") func schema() throws {
    let folder = try ScratchDirectory("schema")
    let result = try run(BuiltPrograms.path("containr"), ["schema"], directory: folder.url)
    #expect(result.code == 0 && result.output == StackSchema.text)
    let object = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(object["$schema"] as? String == "http://json-schema.org/draft-07/schema#")
  }
}
