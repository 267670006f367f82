// memswap_limit: memory and swap together.
import Testing

struct MemswapLimitTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("-1", "'-1'"),
      (#""-1""#, "'-1'"),
      ("128m\nmem_limit: 64m", "'134217728'"),
      ("\"${SIZE}\"\nmem_limit: 64m", "'67108864'"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("memswap_limit", "memswap_limit: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("64x", "C0112 4:20"),
      ("-5", "C0112 4:20"),
      ("[1]", "C0101 4:20"),
      ("1g", "C0222 4:5"),
      ("32m\nmem_limit: 64m", "C0222 4:5"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("memswap_limit: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("-1", "0", "'0'")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("memswap_limit", "memswap_limit: \(base)", "memswap_limit: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("-1", ""),
      ("128m\nmem_limit: 64m", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("memswap_limit: \(text)") == expected)
  }
}
