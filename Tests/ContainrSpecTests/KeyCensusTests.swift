import ContainrSpec
import Testing

@Suite struct KeyCensusTests {
  private func census(_ files: String...) -> StackCensus {
    let files = files.enumerated().map { number, text in
      LoaderFile(file: "\(number).yaml", absolutePath: "/srv/demo/\(number).yaml", bytes: Array(text.utf8))
    }
    return StackLoader.census(LoaderInput(files: files, projectDirectory: "/srv/demo", purpose: .check))
  }

  private func lines(_ census: StackCensus) -> [String] {
    census.uses.map { "\($0.location.line) \($0.path) \($0.support.rawValue)" }
  }

  @Test("every key with its place and what becomes of it") func keys() {
    let census = census(
      """
      version: "3"
      x-a: {b: 1}
      services:
        web:
          layers: [./base]
          command: [serve]
          runtime: runsc
          attach: false
          expose: [80]
          develop: {watch: []}
          healthcheck: {test: [CMD, x], interval: 3s}
      """)
    #expect(
      lines(census) == [
        "1 version metadata", "3 services honoured", "5 services.web.layers honoured",
        "6 services.web.command honoured",
        "7 services.web.runtime refused", "8 services.web.attach ignored", "9 services.web.expose metadata",
        "10 services.web.develop ignored", "11 services.web.healthcheck honoured",
        "11 services.web.healthcheck.test honoured", "11 services.web.healthcheck.interval honoured",
      ])
    #expect(census.count(.honoured) == 6)
    #expect(census.percent == 8 * 100 / 11)
    let refused = census.uses.first { $0.support == .refused }
    #expect(refused?.reason == "Containr is the runtime, and starts no other one")
    #expect(census.uses.first?.reason == nil)
  }

  @Test("a value that asks for what happens anyway is honoured") func neutral() {
    let census = census("services: {web: {layers: [/], command: [x], privileged: false, attach: true, ipc: private}}\n")
    #expect(census.percent == 100)
  }

  @Test("parts of what has no effect are not counted, and x- keys neither") func parts() {
    let census = census(
      "services: {web: {layers: [/], command: [x], x-y: {a: 1}, develop: {watch: [{path: a, action: sync}]}}}\n")
    #expect(census.uses.filter { $0.path.contains("develop") }.map(\.path) == ["services.web.develop"])
    #expect(!census.uses.contains { $0.path.contains("x-y") })
  }

  @Test("what is wrong with a part of a value counts beside its key") func options() {
    let census = census(
      "services:\n  web:\n    layers: [/]\n    command: [x]\n    volumes: [\"/a:/b:rshared\"]\n")
    #expect(lines(census).suffix(2) == ["5 services.web.volumes honoured", "5 services.web.volumes[] refused"])
  }

  @Test("keys that services share count once, and keys of all files count") func shared() {
    let census = census(
      """
      x-c: &c {layers: [/], command: [x], attach: false}
      services:
        a: *c
        b: *c
      """, "services: {a: {hostname: h}}\n")
    #expect(
      lines(census) == [
        "1 services.a.layers honoured", "1 services.a.command honoured", "1 services.a.attach ignored",
        "1 services honoured", "1 services.a.hostname honoured",
      ])
  }

  @Test("a file that is no stack has no keys, but findings") func broken() {
    let census = census("a: [\n")
    #expect(census.uses.isEmpty)
    #expect(!census.result.diagnostics.isEmpty)
  }
}
