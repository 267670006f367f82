// include: other stacks inside this one, each with its own directory and variables.
import Testing

@testable import ContainrSpec

struct IncludeTests {
  @Test("an included file brings its objects, its directory and its .env")
  func include() {
    let loaded = loadFiles(
      [
        "stack.yaml": "include: [db/stack.yaml]\nservices: {web: {image: \"w:${TAG:-0}\", depends_on: [db]}}",
        "db/stack.yaml": """
        services: {db: {image: "d:${TAG}", volumes: ["./data:/d", "v:/v"], environment: [PASS, TAG], env_file: x.env}}
        volumes: {v: }
        """, "db/.env": "TAG=5\nPASS=secret\n", "db/x.env": "X=${TAG}\n",
      ])
    #expect(loaded.errors.isEmpty, "\(loaded.text)")
    #expect(loaded.at("services", "db", "image") == "d:5")
    #expect(loaded.at("services", "db", "volumes", "0", "source") == "/srv/demo/db/data")
    #expect(loaded.at("services", "db", "environment") == "{PASS: secret, TAG: 5, X: 5}")
    #expect(loaded.at("services", "web", "image") == "w:0", "variables of an included file stay there")
    #expect(loaded.at("volumes", "v", "name") == "demo_v")
  }

  @Test("the including file's variables win, and env_file and project_directory can be given")
  func long() {
    let loaded = loadFiles(
      [
        "stack.yaml": "include: [{path: [a/one.yaml, a/two.yaml], project_directory: b, env_file: c.env}]",
        "a/one.yaml": "services: {s: {image: \"${A}${B}\", volumes: [\"./d:/d\"]}}",
        "a/two.yaml": "services: {s: {user: me}}", "c.env": "A=1\nB=2\n", ".env": "A=9\n", "b/.env": "B=7\n",
      ])
    #expect(loaded.at("services", "s", "image") == "92", "\(loaded.text)")
    #expect(loaded.at("services", "s", "user") == "me")
    #expect(loaded.at("services", "s", "volumes", "0", "source") == "/srv/demo/b/d")
  }

  @Test("the including file overrides what it includes, and may extend it")
  func override() {
    let loaded = loadFiles([
      "stack.yaml": "include: [a.yaml]\nservices: {s: {environment: {B: 2}}, t: {extends: s}}",
      "a.yaml": "services: {s: {image: x, environment: {A: 1, B: 1}}}",
    ])
    #expect(loaded.at("services", "s", "environment") == "{A: 1, B: 2}", "\(loaded.text)")
    #expect(loaded.at("services", "t", "image") == "x")
  }

  @Test("includes nest, each path counting from its own directory")
  func nested() {
    let loaded = loadFiles([
      "stack.yaml": "include: [a/a.yaml]", "a/a.yaml": "include: [b/b.yaml]\nservices: {a: {image: x}}",
      "a/b/b.yaml": "services: {b: {build: .}}",
    ])
    #expect(loaded.at("services", "b", "build", "context") == "/srv/demo/a/b", "\(loaded.text)")
  }

  @Test("findings in included files say how the file came in, outermost last")
  func reasons() throws {
    let loaded = loadFiles([
      "stack.yaml": "include:\n  - a.yaml\n", "a.yaml": "include:\n  - b.yaml\n",
      "b.yaml": "services:\n  s:\n    imag: x\n",
    ])
    let finding = try loaded.finding("C0102")
    #expect(finding.primary?.location.description == "b.yaml:3:5")
    #expect(finding.notes == ["b.yaml is included at a.yaml:2:5", "b.yaml is included at stack.yaml:2:5"])
  }

  @Test(
    "what cannot be included is an error with its place",
    arguments: [
      ("[none.yaml]", "C0232", "stack.yaml:1:11"), ("[stack.yaml]", "C0231", "stack.yaml:1:11"),
      ("[{pth: a}]", "C0102", "stack.yaml:1:12"), ("[{project_directory: a}]", "C0104", "stack.yaml:1:11"),
      ("a.yaml", "C0101", "stack.yaml:1:10"), ("[[a]]", "C0101", "stack.yaml:1:11"),
      ("[\"oci://registry/x\"]", "C0401", "stack.yaml:1:11"),
      ("[{path: ok.yaml, env_file: none.env}]", "C0212", "stack.yaml:1:37"),
      ("[list.yaml]", "C0101", "list.yaml:1:1"),
    ])
  func mistakes(value: String, code: String, place: String) throws {
    let loaded = loadFiles([
      "stack.yaml": "include: \(value)\nservices: {a: {image: x}}", "ok.yaml": "services: {b: {image: x}}",
      "list.yaml": "[a]",
    ])
    let finding = try #require(loaded.result.diagnostics.first { $0.code == code }, "\(loaded.text)")
    #expect(finding.primary?.location.description == place)
  }

  @Test("a circle of files ends with an error that names it")
  func circle() throws {
    let loaded = loadFiles([
      "stack.yaml": "include: [a.yaml]", "a.yaml": "include: [b.yaml]", "b.yaml": "include: [a.yaml]",
    ])
    let finding = try loaded.finding("C0231")
    #expect(finding.message.contains("a.yaml → b.yaml → a.yaml"))
  }
}
