// Paths of the canonical model: absolute where they are paths of the host, as they are where they are something else.
import Testing

@testable import ContainrSpec

struct CanonicalPathTests {
  private func model(_ text: String, resolves: Bool = true) throws -> ModelValue {
    var input = LoaderInput(
      file: "stack.yaml", bytes: Array(text.utf8), absolutePath: "/srv/demo/stack.yaml", projectDirectory: "/srv/demo",
      environment: ["HOME": "/h"], purpose: .check)
    input.options.resolvesPaths = resolves
    return try #require(StackLoader.load(input).model)
  }

  @Test(
    "the device of a local volume is a path only where it is bound",
    arguments: [
      ("driver: local, driver_opts: {type: none, o: bind, device: ./data}", "/srv/demo/data"),
      ("driver: local, driver_opts: {type: none, o: bind, device: ~/data}", "/h/data"),
      ("driver: local, driver_opts: {type: none, o: bind, device: /data}", "/data"),
      ("driver: local, driver_opts: {type: nfs, o: \"addr=1\", device: \":/export\"}", ":/export"),
      ("driver: other, driver_opts: {o: bind, device: ./data}", "./data"),
      ("driver_opts: {o: bind, device: ./data}", "./data"),
    ])
  func device(body: String, expected: String) throws {
    let text = "services: {web: {image: x, volumes: [\"data:/d\"]}}\nvolumes: {data: {\(body)}}"
    #expect(try model(text)["volumes"]?["data"]?["driver_opts"]?["device"] == .string(expected))
  }

  @Test("without resolving, every path stays as it is written")
  func unresolved() throws {
    let text = """
      services: {web: {image: x, build: ./dir, volumes: ["./a:/a", "data:/d"]}}
      volumes: {data: {driver: local, driver_opts: {o: bind, device: ./data}}}
      """
    let model = try model(text, resolves: false)
    #expect(model["volumes"]?["data"]?["driver_opts"]?["device"] == .string("./data"))
    #expect(model["services"]?["web"]?["build"]?["context"] == .string("./dir"))
  }

  @Test(
    "contexts of builds that are no directories",
    arguments: [
      ("./dir", "/srv/demo/dir"), (".", "/srv/demo"), ("../up", "/srv/up"), ("https://example.test/x.git#main", ""),
      ("git@example.test:x.git", ""),
    ])
  func context(written: String, expected: String) throws {
    let context = try model("services: {web: {build: \"\(written)\"}}")["services"]?["web"]?["build"]?["context"]
    #expect(context == .string(expected.isEmpty ? written : expected))
  }
}
