// env_file: files with variables of the service.
import Testing

struct EnvFileAttributeTests {
  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{path: a.env}", "C0101 4:15"),
      ("[{required: false}]", "C0104 4:16"),
      ("missing.env", "C0212 4:15"),
      ("[{path: a.env, format: yaml}]", "C0110 4:38"),
      ("[{path: a.env, required: maybe}]", "C0101 4:40"),
      ("[[a]]", "C0101 4:16"),
      ("[{file: a.env}]", "C0104 4:16, C0102 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("env_file: \(text)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("a.env", ""),
      ("[{path: none.env, required: false}]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("env_file: \(text)") == expected)
  }

  @Test(
    "files become variables, later ones win, and environment wins over all",
    arguments: [
      ("env_file: a.env", "{A: '1', B: '2'}"), ("env_file: [a.env, ./b.env]", "{A: '1', B: '3'}"),
      ("env_file: [b.env, a.env]", "{A: '1', B: '2'}"), ("env_file: [{path: a.env}]", "{A: '1', B: '2'}"),
      ("env_file: [{path: a.env, required: true, format: raw}]", "{A: '1', B: '2'}"),
      ("env_file: [{path: none.env, required: false}, b.env]", "{B: '3'}"),
      ("env_file: a.env\nenvironment: {B: x, C: y}", "{A: '1', B: x, C: y}"), ("env_file: []", "-"),
      ("env_file: ${NOFILE:-b.env}", "{B: '3'}"),
    ])
  func variables(lines: String, expected: String) {
    #expect(model("environment", lines) == expected)
    #expect(model("env_file", lines) == "-")
  }

  @Test(
    "a later file adds files, each once",
    arguments: [
      ("a.env", "b.env", "{A: '1', B: '3'}"), ("[b.env]", "[{path: a.env}]", "{A: '1', B: '2'}"),
      ("[a.env, b.env]", "a.env", "{A: '1', B: '3'}"), ("a.env", "!override b.env", "{B: '3'}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("environment", "env_file: \(base)", "env_file: \(over)") == expected)
  }

  @Test("without resolution the files stay, in their long form")
  func unresolved() {
    let files = modelAsWritten("env_file", "env_file: [a.env, {path: b.env, required: false}]")
    #expect(files == "[{path: /srv/demo/a.env, required: true}, {path: /srv/demo/b.env, required: false}]")
  }
}
