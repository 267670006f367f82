// secrets at the top level.
import Testing

struct SecretSectionTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{file: ./a}", "{file: /srv/demo/a, name: demo_s}"),
      ("{file: /a}", "{file: /a, name: demo_s}"),
      ("{environment: VAR}", "{environment: VAR, name: demo_s}"),
      ("{external: true}", "{external: true, name: s}"),
      ("{external: true, name: real}", "{external: true, name: real}"),
      ("{external: {name: real}}", "{external: true, name: real}"),
      (
        #"{file: "./${WORD}", name: n, labels: [a=1], template_driver: golang}"#,
        "{file: /srv/demo/word, labels: {a: '1'}, name: n, template_driver: golang}"
      ),
      ("{file: a, x-a: 1}", "{file: /srv/demo/a, name: demo_s, x-a: 1}"),
      ("{driver: d, driver_opts: {a: 1}}", "{driver: d, driver_opts: {a: '1'}, name: demo_s}"),
      ("{driver: d, file: /a}", "{driver: d, file: /a, name: demo_s}"),
    ])
  func forms(text: String, expected: String) {
    #expect(sectionModel("secrets", "s", text) == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 2:14"),
      ("[a]", "C0101 2:14"),
      ("{fiel: a, file: b}", "C0102 2:15"),
      ("{file: [a]}", "C0101 2:21"),
      (#"{file: ""}"#, "C0110 2:21"),
      ("{labels: {a: b}}", "C0104 2:11"),
      ("{}", "C0104 2:11"),
      ("{file: a, environment: B}", "C0222 2:24"),
      ("{file: a, external: true}", "C0222 2:24"),
      ("{external: true, labels: {a: b}}", "C0222 2:31"),
      ("{external: maybe}", "C0101 2:25"),
      ("{content: a, file: b}", "C0102 2:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(sectionMistakes("secrets", "s", text) == expected)
  }

  @Test(
    "key by key, and a later file wins",
    arguments: [
      ("{file: a}", "{file: b, labels: {a: 1}}", "{file: /srv/demo/b, labels: {a: '1'}, name: demo_s}"),
      ("{file: a}", "{file: !reset null, environment: B}", "{environment: B, name: demo_s}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(sectionModel("secrets", "s", base, over) == expected)
  }

  @Test(
    "what there is no store for, and nothing that would fill it in, is refused",
    arguments: [
      ("{file: a}", ""), ("{file: a, labels: {a: b}}", "C0400 2:24"), ("{external: true}", "C0401 2:15"),
      ("{file: a, template_driver: golang}", "C0401 2:24"), ("{environment: UNSET}", "C0301 2:28"),
      ("{environment: WORD}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(sectionRunning("secrets", "s", text) == expected)
  }
}
