// pid: whose process namespace.
import Testing

struct PidTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("host", "host"),
      (#""service:db""#, "service:db"),
      (#""container:x""#, "container:x"),
      ("private", "private"),
      (#""${NONE:-host}""#, "host"),
      (#""${EMPTY}""#, "-"),
      ("platform-word", "platform-word"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pid", "pid: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[host]", "C0101 4:10"),
      ("true", "C0101 4:10"),
      ("{a: b}", "C0101 4:10"),
      (#""service:""#, "C0110 4:10"),
      (#""service:nothing""#, "C0201 4:10"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pid: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", #""container:x""#, "container:x")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pid", "pid: \(base)", "pid: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("host", ""),
      ("private", ""),
      (#""service:db""#, ""),
      (#""container:x""#, ""),
      ("other", "C0401 4:10"),
    ])
  func run(text: String, expected: String) {
    #expect(running("pid: \(text)") == expected)
  }

  @Test("the other service is started first")
  func dependency() {
    let expected = "{db: {condition: service_started, required: true, restart: true}}"
    #expect(model("depends_on", "pid: service:db") == expected)
  }
}
