// shm_size: of /dev/shm.
import Testing

struct ShmSizeTests {
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
    #expect(model("shm_size", "shm_size: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("64x", "C0112 4:15"),
      ("-5m", "C0112 4:15"),
      ("[64m]", "C0101 4:15"),
      ("true", "C0101 4:15"),
      (#""${WORD}""#, "C0112 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("shm_size: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("64m", "128m", "'134217728'")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("shm_size", "shm_size: \(base)", "shm_size: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("64m", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("shm_size: \(text)") == expected)
  }
}
