// --scale: another number of containers than the file says, and what several containers cannot share.
import ContainrSpec
import Testing

@Suite("--scale")
struct ScaleOptionTests {
  private func load(_ yaml: String, _ scale: [String: Int], profiles: [String] = []) -> Loaded {
    var input = LoaderInput(
      file: "stack.yaml", bytes: Array(yaml.utf8), absolutePath: "/srv/demo/stack.yaml",
      projectDirectory: "/srv/demo", activeProfiles: profiles)
    input.scale = scale
    return Loaded(result: StackLoader.load(input))
  }

  @Test(
    "overrides the file's number, in both spellings of it", arguments: ["scale: 2", "deploy: {replicas: 2}", "user: a"])
  func overrides(line: String) throws {
    let service = try load(web(line), ["web": 3]).service()
    #expect(service.replicas == 3)
    #expect(service.origins["replicas"] == nil, "the number does not come from the file")
  }

  @Test("0 is a number as well")
  func none() throws {
    #expect(try load(web("user: a"), ["web": 0]).service().replicas == 0)
  }

  @Test("of a service that is not there is an error that suggests one")
  func unknown() throws {
    let finding = try load(web("user: a"), ["wbe": 3]).finding("C0201")
    #expect(finding.severity == .error && finding.help == "did you mean 'web'?")
    #expect(load(web("user: a"), ["wbe": 3]).result.plan == nil)
  }

  @Test("of a service that no profile activates is an error that names the profile")
  func disabled() throws {
    let finding = try load(web("profiles: [debug]"), ["web": 3]).finding("C0204")
    #expect(finding.help == "activate it: --profile debug")
    #expect(try load(web("profiles: [debug]"), ["web": 3], profiles: ["debug"]).service().replicas == 3)
  }

  @Test("of a service with a fixed port is a finding with the port's place that says who asks for so many")
  func fixedPort() throws {
    let finding = try load(web("ports: [\"8080:80\"]"), ["web": 3]).finding("C0223")
    #expect(finding.primary?.start.line == 5 && finding.secondary.isEmpty)
    #expect(finding.notes == ["--scale web=3 asks for that many"])
    #expect(finding.help?.contains("\"8080-8082:80\"") == true)
    #expect(load(web("ports: [\"8080:80\"]"), ["web": 1]).codes.isEmpty)
    #expect(load(web("ports: [\"8080:80\"]\nscale: 3"), ["web": 1]).codes.isEmpty)
  }

  @Test("a range of host ports gives each container its own, if it is long enough")
  func range() throws {
    let loaded = load(web("ports: [\"8080-8082:80\"]"), ["web": 3])
    let port = try #require(try loaded.service().ports.first)
    #expect(port.hostPort == nil && port.hostRange == PortSpan(first: 8080, last: 8082) && port.containerPort == 80)
    #expect(port.key == "0.0.0.0:8080-8082:80/tcp")
    let finding = try load(web("ports: [\"8080-8082:80\"]"), ["web": 4]).finding("C0223")
    #expect(finding.label == "3 host ports for 4 containers")
  }
}
