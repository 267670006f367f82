// pre_stop: commands in the container before it is stopped.
import Testing

struct PreStopTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[{command: a b}]", "[{command: [a, b]}]"),
      (
        "[{command: [a], user: root, privileged: true, working_dir: /x, environment: [A=1]}]",
        "[{command: [a], environment: {A: '1'}, privileged: true, user: root, working_dir: /x}]"
      ),
      (#"[{command: "a ${WORD}"}]"#, "[{command: [a, word]}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pre_stop", "pre_stop: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{command: a}", "C0101 4:15"),
      ("[a]", "C0101 4:16"),
      ("[{user: root}]", "C0104 4:16"),
      ("[{command: a, run: b}]", "C0102 4:29"),
      ("[{command: {a: b}}]", "C0101 4:26"),
      ("[{command: a, privileged: maybe}]", "C0101 4:41"),
      ("[{command: a, image: x}]", "C0102 4:29"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pre_stop: \(text)") == expected)
  }

  @Test(
    "commands add up",
    arguments: [
      ("[{command: a}]", "[{command: b}]", "[{command: [a]}, {command: [b]}]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pre_stop", "pre_stop: \(base)", "pre_stop: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts",
    arguments: [
      ("[{command: a, user: root, privileged: true, working_dir: /x, environment: {A: b}}]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("pre_stop: \(text)") == expected)
  }
}
