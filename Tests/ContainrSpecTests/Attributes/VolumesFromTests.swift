// volumes_from: mounts of other services.
import Testing

struct VolumesFromTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[db]", "[db]"),
      (#"["db:ro", "container:x:rw"]"#, "[db:ro, container:x:rw]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("volumes_from", "volumes_from: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("db", "C0101 4:19"),
      ("[nothing]", "C0201 4:20"),
      ("[{a: b}]", "C0101 4:20"),
      ("[[db]]", "C0101 4:20"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("volumes_from: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[db]", "[cache, db]", "[db, cache]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("volumes_from", "volumes_from: \(base)", "volumes_from: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("[db]", "C0401 4:5"),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("volumes_from: \(text)") == expected)
  }

  @Test("the other service is started first")
  func dependency() {
    #expect(model("depends_on", "volumes_from: [\"db:ro\"]") == "{db: {condition: service_started, required: true}}")
  }
}
