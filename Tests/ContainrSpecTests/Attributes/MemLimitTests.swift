// mem_limit: memory of one container.
import Testing

struct MemLimitTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("67108864", "'67108864'"),
      ("64m", "'67108864'"),
      ("64MB", "'67108864'"),
      ("64mib", "'67108864'"),
      (#""0.5g""#, "'536870912'"),
      (#""65536k""#, "'67108864'"),
      (#""67108864b""#, "'67108864'"),
      ("${SIZE}", "'67108864'"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("mem_limit", "mem_limit: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("64m\ndeploy: {resources: {limits: {memory: 65m}}}", "C0222 5:35"),
      ("64x", "C0112 4:16"),
      ("-5m", "C0112 4:16"),
      ("[64m]", "C0101 4:16"),
      ("true", "C0101 4:16"),
      (#""${WORD}""#, "C0112 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("mem_limit: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("64m", "128m", "'134217728'")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("mem_limit", "mem_limit: \(base)", "mem_limit: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("64m", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("mem_limit: \(text)") == expected)
  }

  @Test(
    "what is allowed but doubtful is a warning",
    arguments: [
      ("64", "C0312 4:16")
    ])
  func doubtful(text: String, expected: String) {
    #expect(warnings("mem_limit: \(text)") == expected)
  }
}
