// pre_start: commands before the container starts.
import Testing

struct PreStartTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[{command: a b}]", "[{command: [a, b], image: i}]"),
      ("[{image: x, per_replica: true}]", "[{image: x, per_replica: true}]"),
      (
        #"[{command: [a], image: x, user: root, privileged: "false", working_dir: /x, environment: {A: 1}, per_replica: "${YES}"}]"#,
        "[{command: [a], environment: {A: '1'}, image: x, per_replica: true, privileged: false, user: root, working_dir: /x}]"
      ),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pre_start", "pre_start: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{command: a}", "C0101 4:16"),
      ("[a]", "C0101 4:17"),
      ("[{command: a, replica: b}]", "C0102 4:30"),
      ("[{per_replica: maybe}]", "C0101 4:31"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pre_start: \(text)") == expected)
  }

  @Test(
    "commands add up",
    arguments: [
      ("[{command: a}]", "[{command: b}]", "[{command: [a], image: i}, {command: [b], image: i}]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pre_start", "pre_start: \(base)", "pre_start: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts",
    arguments: [
      ("[{command: a, user: root, privileged: true, working_dir: /x, environment: {A: b}}]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("pre_start: \(text)") == expected)
  }
}
