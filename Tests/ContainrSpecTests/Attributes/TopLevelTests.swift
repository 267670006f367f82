// The keys of the root: name, version, services, and extensions.
import ContainrSpec
import Testing

struct TopLevelTests {
  @Test(
    "the name of the stack",
    arguments: [
      ("name: my-stack_1", "my-stack_1"), ("name: \"${WORD}\"", "word"), ("name: 5", "'5'"), ("", "demo"),
      ("name: ", "demo"),
    ])
  func name(line: String, expected: String) {
    #expect(model(at: "name", ["services: {web: {image: i}}\n\(line)"]) == expected)
  }

  @Test("the last file that has a name gives it")
  func lastName() {
    let files = ["name: a\nservices: {web: {image: i}}", "name: b", "x-none: 1"]
    #expect(model(at: "name", files) == "b")
  }

  @Test(
    "what is wrong at the top, and where",
    arguments: [
      ("name: My-Stack", "C0119 2:7"), ("name: [a]", "C0101 2:7"), ("name: true", "C0101 2:7"),
      ("name: _a", "C0119 2:7"), ("service: {}", "C0102 2:1"), ("networks: [a]", "C0101 2:11"),
      ("volumes: text", "C0101 2:10"), ("secrets: [a]", "C0101 2:10"), ("configs: 5", "C0101 2:10"),
      ("models: [a]", "C0101 2:9"), ("db: {image: x}", "C0105 2:1"), ("networks: {\"a b\": }", "C0119 2:12"),
      ("volumes: {\"a/b\": }", "C0119 2:11"),
    ])
  func wrong(line: String, expected: String) {
    #expect(places(loadFiles(["services: {web: {image: i}}\n\(line)"]).errors) == expected)
  }

  @Test(
    "version says nothing, whatever it says; a note proposes to remove it", arguments: ["\"3.8\"", "3", "2.4", "~"])
  func version(text: String) {
    let loaded = loadFiles(["version: \(text)\nservices: {web: {image: i}}"])
    #expect(places(loaded.result.diagnostics.filter { $0.code != "C0401" }) == "C0311 1:1")
    #expect(loaded.result.model?["version"] == nil)
  }

  @Test("a version is no list")
  func wrongVersion() {
    #expect(places(loadFiles(["services: {web: {image: i}}\nversion: [3]"]).errors) == "C0101 2:10")
  }

  @Test(
    "extensions are taken over as they are, and merged",
    arguments: [
      ("x-a: {b: 1, c: [d]}", "x-a: {b: 2, c: [e]}", "{b: 2, c: [d, e]}"), ("x-a: 1.5", "x-b: 1", "1.5"),
      ("x-a: yes", "", "yes"), ("x-a: [1, true, ~]", "", "[1, true, null]"), ("x-a: {b: 1}", "x-a: text", "text"),
    ])
  func extensions(base: String, over: String, expected: String) {
    let files = ["services: {web: {image: i}}\n\(base)", over.isEmpty ? "x-none: 1" : over]
    #expect(model(at: "x-a", files) == expected)
  }

  @Test(
    "every object may hold extensions",
    arguments: [
      "services: {web: {image: i, x-a: 1}}", "services: {web: {image: i, build: {x-a: 1}}}",
      "services: {web: {image: i, deploy: {x-a: 1, resources: {x-a: 1, limits: {x-a: 1}}}}}",
      "services: {web: {image: i, healthcheck: {test: a, x-a: 1}}}", "services: {web: {image: i, logging: {x-a: 1}}}",
      "services: {web: {image: i, ports: [{target: 80, x-a: 1}]}}", "services: {web: {image: i, x-containr: {x-a: 1}}}",
      "services: {web: {image: i, volumes: [{type: tmpfs, target: /a, x-a: 1}]}}",
      "services: {web: {image: i, ulimits: {nofile: {soft: 1, hard: 2, x-a: 1}}}}",
      "services: {web: {image: i, develop: {watch: [{path: a, action: rebuild, x-a: 1}]}}}",
      "services: {web: {image: i}, x-template: {anything: 1}}",
      "services: {web: {image: i}}\nnetworks: {a: {x-a: 1, ipam: {x-a: 1}}, x-a: 1}",
      "services: {web: {image: i}}\nvolumes: {a: {x-a: 1}, x-a: 1}",
      "services: {web: {image: i}}\nsecrets: {a: {file: b, x-a: 1}, x-a: 1}",
      "services: {web: {image: i}}\nconfigs: {a: {file: b, x-a: 1}, x-a: 1}",
    ])
  func everywhere(text: String) {
    #expect(places(loadFiles([text]).errors) == "")
  }

  @Test(
    "what is wrong with services, and where",
    arguments: [
      ("services: [web]", "C0101 1:11"), ("services: ", "C0104 1:1"),
      ("services: {web: }", "C0104 1:12"), ("services: {web: [a]}", "C0101 1:17"),
      ("services: {\"a b\": {image: i}}", "C0119 1:12"), ("services: {web: {}}", "C0104 1:12"),
      ("services: {web: {imgae: i}}", "C0104 1:12, C0102 1:18"), ("{}", "C0104 1:1"),
    ])
  func services(text: String, expected: String) {
    #expect(places(loadFiles([text]).errors) == expected)
  }
}
