// ipc: whose IPC namespace.
import Testing

struct IpcTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("shareable", "shareable"),
      ("host", "host"),
      ("private", "private"),
      ("none", "none"),
      (#""service:db""#, "service:db"),
      (#""container:x""#, "container:x"),
      (#""${NONE:-host}""#, "host"),
      (#""${EMPTY}""#, "-"),
      ("platform-word", "platform-word"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("ipc", "ipc: \(text)") == expected)
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
    #expect(mistakes("ipc: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", #""container:x""#, "container:x")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("ipc", "ipc: \(base)", "ipc: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("host", ""),
      ("private", ""),
      ("shareable", ""),
      (#""service:db""#, ""),
      (#""service:web""#, "C0222 4:10"),
      ("\"service:db\"\nshm_size: 1m", "C0312 5:5"),
      ("host\nshm_size: 1m", "C0312 5:5"),
      ("none", ""),
      ("other", "C0401 4:10"),
    ])
  func run(text: String, expected: String) {
    #expect(running("ipc: \(text)") == expected)
  }

  @Test("the other service is started first")
  func dependency() {
    let expected = "{db: {condition: service_started, required: true, restart: true}}"
    #expect(model("depends_on", "ipc: service:db") == expected)
  }
}
