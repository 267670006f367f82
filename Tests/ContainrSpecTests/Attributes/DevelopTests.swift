// develop: what a development tool does when files change.
import Testing

struct DevelopTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{watch: [{path: ./src, action: rebuild}]}", "{watch: [{action: rebuild, path: /srv/demo/src}]}"),
      ("{watch: [{path: src, action: restart}]}", "{watch: [{action: restart, path: /srv/demo/src}]}"),
      (
        #"{watch: [{path: ./a, action: sync, target: /a, ignore: node_modules/, include: ["*.go"], initial_sync: true}]}"#,
        "{watch: [{action: sync, ignore: [node_modules/], include: [*.go], initial_sync: true, path: /srv/demo/a, target: /a}]}"
      ),
      (
        "{watch: [{path: /a, action: sync+exec, target: /a, exec: {command: app reload, user: root, privileged: true, working_dir: /x, environment: [A=1]}}]}",
        "{watch: [{action: sync+exec, exec: {command: [app, reload], environment: {A: '1'}, privileged: true, user: root, working_dir: /x}, path: /a, target: /a}]}"
      ),
      (
        #"{watch: [{path: "./${WORD}", action: sync+restart, target: /a}]}"#,
        "{watch: [{action: sync+restart, path: /srv/demo/word, target: /a}]}"
      ),
      ("{x-a: 1}", "{x-a: 1}"),
      ("null", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("develop", "develop: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:14"),
      ("{wacth: []}", "C0102 4:15"),
      ("{watch: {path: a}}", "C0101 4:22"),
      ("{watch: [{action: rebuild}]}", "C0104 4:23"),
      ("{watch: [{path: a}]}", "C0104 4:23"),
      ("{watch: [{path: a, action: reload}]}", "C0110 4:41"),
      ("{watch: [{path: a, action: sync}]}", "C0104 4:23"),
      (#"{watch: [{path: "", action: rebuild}]}"#, "C0110 4:30"),
      ("{watch: [{path: a, action: sync+exec, target: /a, exec: {user: x}}]}", "C0104 4:70"),
      ("{watch: [{path: a, action: rebuild, initial_sync: maybe}]}", "C0101 4:64"),
      ("{watch: [{path: a, action: rebuild, ignore: {a: b}}]}", "C0101 4:58"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("develop: \(text)") == expected)
  }

  @Test(
    "rules add up",
    arguments: [
      (
        "{watch: [{path: /a, action: rebuild}]}", "{watch: [{path: /b, action: restart}]}",
        "{watch: [{action: rebuild, path: /a}, {action: restart, path: /b}]}"
      )
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("develop", "develop: \(base)", "develop: \(over)") == expected)
  }

  @Test(
    "the service runs without it, and a warning says so",
    arguments: [
      ("{watch: [{path: a, action: rebuild}]}", "C0400 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("develop: \(text)") == expected)
  }
}
