// logging: how output is kept.
import Testing

struct LoggingTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (
        "{driver: json-file, options: {max-size: 10m, max-file: 3}}",
        "{driver: json-file, options: {max-file: '3', max-size: 10m}}"
      ),
      (#"{driver: "${WORD}"}"#, "{driver: word}"),
      ("{options: {a: , b: true}}", "{options: {a: null, b: 'true'}}"),
      ("{driver: none, x-a: 1}", "{driver: none, x-a: 1}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("logging", "logging: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("json-file", "C0101 4:14"),
      ("{opts: {a: b}}", "C0102 4:15"),
      ("{driver: [a]}", "C0101 4:23"),
      ("{options: [a]}", "C0101 4:24"),
      ("{options: {a: [b]}}", "C0101 4:28"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("logging: \(text)") == expected)
  }

  @Test(
    "options of one driver add up; another driver takes them away",
    arguments: [
      ("{driver: a, options: {x: 1, y: 2}}", "{driver: a, options: {y: 3}}", "{driver: a, options: {x: '1', y: '3'}}"),
      ("{driver: a, options: {x: 1}}", "{driver: b, options: {y: 2}}", "{driver: b, options: {y: '2'}}"),
      ("{driver: a, options: {x: 1}}", "{options: {y: 2}}", "{driver: a, options: {x: '1', y: '2'}}"),
      ("{options: {x: 1}}", "{driver: b}", "{driver: b, options: {x: '1'}}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("logging", "logging: \(base)", "logging: \(over)") == expected)
  }

  @Test(
    "the service runs without it, and a warning says so, unless it asks for what happens anyway",
    arguments: [
      ("{driver: json-file}", "C0400 4:5"),
      ("{}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("logging: \(text)") == expected)
  }
}
