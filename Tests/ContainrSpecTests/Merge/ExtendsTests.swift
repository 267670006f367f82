// extends: what a service takes over, from where, and what goes wrong.
import Testing

@testable import ContainrSpec

struct ExtendsTests {
  @Test("a service takes over another one of the same file, in any order and over several steps")
  func sameFile() {
    let loaded = loadFiles([
      "stack.yaml": """
      services:
        c: {extends: {service: b}, environment: {C: 3}}
        b: {extends: a, environment: {B: 2}, command: [b]}
        a: {image: x, environment: {A: 1, B: 1}, command: [a], networks: [n]}
      networks: {n: }
      """
    ])
    #expect(
      loaded.at("services", "c")
        == "{command: [b], environment: {A: 1, B: 2, C: 3}, image: x, networks: {n: null}}", "\(loaded.text)")
  }

  @Test("a service of another file brings its paths and keeps its place")
  func otherFile() throws {
    let loaded = loadFiles(
      [
        "stack.yaml": "services:\n  web:\n    extends: {file: common/base.yaml, service: app}\n    image: y\n",
        "common/base.yaml": """
        services:
          app: {extends: root, volumes: ["./data:/data"], env_file: app.env}
          root: {image: "x:${TAG}", build: ./src, labels: {from: root}}
        """, "common/app.env": "A=1\n",
      ], environment: ["TAG": "2"])
    #expect(loaded.at("services", "web", "volumes", "0", "source") == "/srv/demo/common/data", "\(loaded.text)")
    #expect(loaded.at("services", "web", "build", "context") == "/srv/demo/common/src")
    #expect(loaded.at("services", "web", "environment") == "{A: 1}")
    #expect(loaded.at("services", "web", "image") == "y")
    #expect(loaded.at("services", "web", "labels") == "{from: root}")
  }

  @Test("a finding in the other file says why that file was read")
  func reason() throws {
    let loaded = loadFiles([
      "stack.yaml": "services:\n  web:\n    extends:\n      file: base.yaml\n      service: app\n",
      "base.yaml": "services:\n  app:\n    image: x\n    prots: []\n",
    ])
    let finding = try loaded.finding("C0102")
    #expect(finding.primary?.location.description == "base.yaml:4:5")
    #expect(finding.notes == ["base.yaml is read for 'extends' at stack.yaml:3:5"])
  }

  @Test(
    "what cannot be taken over is an error with its place",
    arguments: [
      ("{extends: nobody}", "C0201", "stack.yaml:2:18"),
      ("{extends: {file: base.yaml, service: nobdy}}", "C0201", "stack.yaml:2:45"),
      ("{extends: {file: none.yaml, service: a}}", "C0232", "stack.yaml:2:25"),
      ("{extends: {service: a, fille: b}}", "C0102", "stack.yaml:2:31"),
      ("{extends: {file: base.yaml}}", "C0104", "stack.yaml:2:9"),
      ("{extends: [a]}", "C0101", "stack.yaml:2:18"), ("{extends: web}", "C0230", "stack.yaml:2:9"),
      ("{extends: {file: \"https://x/y.yaml\", service: a}}", "C0401", "stack.yaml:2:25"),
    ])
  func mistakes(service: String, code: String, place: String) throws {
    let loaded = loadFiles([
      "stack.yaml": "services:\n  web: \(service.replacing("{extends", with: "{ extends"))\n  b: {image: x}\n"
        .replacing("{ extends", with: "{extends"),
      "base.yaml": "services: {nobody: {image: x}}",
    ])
    let finding = try #require(loaded.result.diagnostics.first { $0.code == code }, "\(loaded.text)")
    #expect(finding.primary?.location.description == place)
  }

  @Test("circles are named with every step, in one file and over several")
  func circles() throws {
    let one = loadFiles(["stack.yaml": "services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}"])
    #expect(one.errors.map(\.code).allSatisfy { $0 == "C0230" } && !one.errors.isEmpty)
    #expect(one.text.contains("a → b → c → a"))
    let two = loadFiles([
      "stack.yaml": "services: {a: {extends: {file: b.yaml, service: b}}}",
      "b.yaml": "services: {b: {extends: {file: stack.yaml, service: a}}}",
    ])
    #expect(two.codes.contains("C0230"))
  }

  @Test("an override file may extend what an earlier file defines")
  func acrossFiles() {
    let loaded = merged("services: {a: {image: x, user: me}}", "services: {b: {extends: a, image: y}}")
    #expect(loaded.at("services", "b") == "{image: y, networks: {default: null}, user: me}", "\(loaded.text)")
  }

  @Test("the extended service need not be complete and drags no networks along")
  func incomplete() {
    let loaded = loadFiles([
      "stack.yaml": "services: {web: {extends: {file: base.yaml, service: app}, image: x}}",
      "base.yaml": "services: {app: {environment: {A: 1}}}\nnetworks: {n: }\nx-y: 1",
    ])
    #expect(loaded.at("services", "web", "environment") == "{A: 1}")
    #expect(loaded.at("networks", "n") == "-")
  }
}
