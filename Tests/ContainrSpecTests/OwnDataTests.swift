// Keys that begin with x-: data of the file's own, at every level, and said where other tools read them otherwise.
import Testing

@testable import ContainrSpec

struct OwnDataTests {
  @Test("what looks like a service under x- is not started, and a warning says so")
  func services() throws {
    let loaded = load(
      "services:\n  x-base: &base {layers: [a], command: [b]}\n  web: {<<: *base}\n  x-note: text\n  x-data: {a: 1}\n")
    #expect(try loaded.plan().services.map(\.name) == ["web"])
    let finding = try loaded.finding("C0312")
    #expect(finding.primary?.location.description == "stack.yaml:2:3")
    #expect(loaded.codes == ["C0312"])
  }

  @Test("an empty list of layers is wrong for the schema and for the decoder")
  func layers() throws {
    #expect(loadWeb("", rest: "").errors.isEmpty)
    #expect(load("services: {web: {layers: [], command: [a]}}").codes == ["C0104"])
    #expect(StackSchema.text.contains("\"minItems\": 1"))
  }
}
