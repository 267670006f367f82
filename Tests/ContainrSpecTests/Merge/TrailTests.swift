// A setting knows the way that its value took: variables, environment files, extended and included files.
import Testing

@testable import ContainrSpec

struct TrailTests {
  private func origin(_ path: String, _ loaded: Loaded) throws -> ContainrSpec.SourceLocation {
    try #require(try loaded.service().origins[path])
  }

  @Test("a variable of .env is named with its line and the expression that it came through")
  func variables() throws {
    let loaded = load(
      web("mem_limit: ${LIMIT:-64m}\nuser: \"${USER_ID}\"\nhostname: ${NAME:-x}\nports: [\"${PORT}:80\"]"),
      environment: ["USER_ID": "5"], dotEnv: "# limits\nLIMIT=32m\nPORT=80\n")
    #expect(try origin("mem_limit", loaded).explained == "stack.yaml:5:16 (LIMIT from .env:2, through ${LIMIT:-64m})")
    #expect(try origin("user", loaded).through == ["USER_ID from the environment, through ${USER_ID}"])
    #expect(try origin("hostname", loaded).through == ["NAME is not set, through ${NAME:-x}"])
    #expect(try origin("ports.0.0.0.0:80/tcp", loaded).through == ["PORT from .env:3, through ${PORT}:80"])
    #expect(try origin("layers", loaded).through.isEmpty)
  }

  @Test("a value of an extended or included file says how that file came in")
  func files() throws {
    let loaded = loadFiles(
      [
        "stack.yaml": "include: [a.yaml]\n", "a.yaml": "services:\n  web:\n    extends: {file: b.yaml, service: b}\n",
        "b.yaml": "services:\n  b:\n    layers: [x]\n    command: [\"${C}\"]\n", ".env": "C=run\n",
      ], purpose: .run)
    #expect(
      try origin("command", loaded).explained
        == "b.yaml:4:14 (C from .env:1, through ${C}; read for 'extends' at a.yaml:3:5; included at stack.yaml:1:11)")
    #expect(
      try origin("layers", loaded).through == ["read for 'extends' at a.yaml:3:5", "included at stack.yaml:1:11"])
  }

  @Test("the way survives the record of a plan, and old records are read without one")
  func coding() throws {
    let place = ContainrSpec.SourceLocation(file: "a", line: 1, column: 2, through: ["x"])
    #expect(try Coded.roundTrip(place) == place)
    #expect(try Coded.read(ContainrSpec.SourceLocation.self, #"{"file":"a","line":1,"column":2}"#).through.isEmpty)
  }
}
