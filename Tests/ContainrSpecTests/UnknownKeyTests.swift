// Unknown keys: suggestions, synonyms, things at the wrong level.
import Testing

@testable import ContainrSpec

struct UnknownKeyTests {
  @Test(
    "the key that was meant",
    arguments: [
      ("enviroment", "environment"), ("env", "environment"), ("cmd", "command"), ("port", "ports"),
      ("volume", "volumes"),
      ("dependsOn", "depends_on"), ("depends-on", "depends_on"), ("health_check", "healthcheck"),
      ("healthCheck", "healthcheck"), ("replica", "scale"), ("replicas", "scale"), ("layer", "layers"),
      ("prots", "ports"),
      ("commnad", "command"), ("memory", "mem_limit"), ("workdir", "working_dir"), ("Restart", "restart"),
      ("stopSignal", "stop_signal"), ("cap-add", "cap_add"),
    ])
  func suggestions(key: String, expected: String) throws {
    #expect(try loadWeb("\(key): x").finding("C0102").help == "did you mean '\(expected)'?")
  }

  @Test("what is like nothing gets no suggestion")
  func none() throws {
    #expect(try loadWeb("frobnicate: x").finding("C0102").help == nil)
  }

  @Test(
    "distance counts swaps once",
    arguments: [
      ("abc", "acb", 1), ("abc", "abc", 0), ("abc", "abcd", 1), ("abc", "xbz", 2), ("", "ab", 2), ("ca", "abc", 3),
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(NearestName.distance(Array(a.utf8), Array(b.utf8)) == expected)
  }

  @Test("a service at the top level, and a section below services")
  func misplaced() throws {
    let top = try load("db:\n  image: x\n").finding("C0105")
    #expect(top.help == "indent it under 'services:'")
    #expect(load("db:\n  image: x\n").codes == ["C0105"])
    let section = load(web("") + "  volumes:\n    data:\n")
    #expect(section.codes == ["C0105"])
    #expect(section.text.contains("move it to the left margin"))
    #expect(load(web("") + "  volumes: {layers: [a], command: [c]}\n").codes.isEmpty)
  }

  @Test("nested objects name what they are")
  func nested() throws {
    #expect(try loadWeb("deploy: {replica: 2}").finding("C0102").label == "not a deploy attribute")
    #expect(try loadWeb("deploy: {resources: {limits: {cpu: 2}}}").finding("C0102").help == "did you mean 'cpus'?")
    #expect(
      load("service:\n  web: {}\n").codes == ["C0102", "C0104"] || load("service:\n  web: {}\n").codes.contains("C0102")
    )
    #expect(load("versoin: 3\n" + web("")).text.contains("did you mean 'version'?"))
  }

  @Test("version is one note, x- keys are free everywhere")
  func free() throws {
    let loaded = load("version: \"3\"\nx-a: 1\n" + web("x-b: {c: [d]}\ndeploy: {x-c: 1}", rest: "networks: {x-n: 1}"))
    #expect(loaded.codes == ["C0311"])
    #expect(loaded.result.diagnostics[0].severity == .note)
    #expect(try loaded.plan().services.count == 1)
  }

  @Test("all problems of a file come at once, in its order, each once")
  func allAtOnce() {
    let loaded = load(
      """
      x-a: &a {enviroment: {}}
      services:
        a: {<<: *a, layers: [x], command: [c], ports: [x], mem_limit: y}
        b: {<<: *a, layers: [x], command: [c], depends_on: [nope]}
      networks: {n: {drivr: x}}
      """)
    #expect(loaded.codes == ["C0102", "C0117", "C0112", "C0201", "C0102"])
    #expect(loaded.text.hasSuffix("5 errors\n"))
  }
}
