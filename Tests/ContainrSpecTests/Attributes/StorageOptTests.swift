// storage_opt: options of the storage driver.
import Testing

struct StorageOptTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{size: 1G}", "{size: 1G}"),
      ("{size: 5}", "{size: '5'}"),
      (#"{size: "${SIZE}"}"#, "{size: 64m}"),
      ("{}", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("storage_opt", "storage_opt: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("size", "C0101 4:18"),
      ("[size]", "C0101 4:18"),
      ("{size: [a]}", "C0101 4:25"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("storage_opt: \(text)") == expected)
  }

  @Test(
    "key by key",
    arguments: [
      ("{a: 1, b: 2}", "{b: 3}", "{a: '1', b: '3'}")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("storage_opt", "storage_opt: \(base)", "storage_opt: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("{size: 1G}", "C0401 4:5"),
      ("{}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("storage_opt: \(text)") == expected)
  }
}
