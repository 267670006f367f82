// scale: number of containers.
import Testing

struct ScaleTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("2", "2"),
      ("0", "0"),
      (#""2""#, "2"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("scale", "scale: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-1", "C0113 4:12"),
      ("1.5", "C0113 4:12"),
      ("x", "C0113 4:12"),
      ("[1]", "C0101 4:12"),
      ("true", "C0101 4:12"),
      ("2\ncontainer_name: x", "C0222 5:5"),
      ("2\ndeploy: {replicas: 3}", "C0222 5:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("scale: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("2", "3", "3")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("scale", "scale: \(base)", "scale: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("2", ""),
      ("2\ndeploy: {replicas: 2}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("scale: \(text)") == expected)
  }
}
