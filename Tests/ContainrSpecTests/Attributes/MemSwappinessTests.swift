// mem_swappiness: how readily memory is swapped out.
import Testing

struct MemSwappinessTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("60", "60"),
      ("0", "0"),
      (#""100""#, "100"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("mem_swappiness", "mem_swappiness: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("101", "C0113 4:21"),
      ("-2", "C0113 4:21"),
      ("[1]", "C0101 4:21"),
      ("{a: 1}", "C0101 4:21"),
      ("true", "C0101 4:21"),
      ("1x", "C0113 4:21"),
      ("${WORD}", "C0113 4:21"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("mem_swappiness: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("mem_swappiness", "mem_swappiness: \(base)", "mem_swappiness: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("60", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("mem_swappiness: \(text)") == expected)
  }
}
