// build, develop and devices: what they say about the rest of the file.
import Testing

@testable import ContainrSpec

struct BuildTests {
  private func codes(_ attributes: String, rest: String = "") -> [String] {
    load("services: {web: {\(attributes)}, db: {image: db}, lib: {build: ./lib}}\n\(rest)").errors.map(\.code)
      .filter { $0 != "C0401" }
  }

  @Test("the platform that a service runs on is built")
  func platforms() {
    #expect(codes("platform: linux/arm64, build: {platforms: [linux/amd64]}") == ["C0222"])
    #expect(codes("platform: linux/arm64, build: {platforms: [linux/amd64, linux/arm64]}").isEmpty)
    #expect(codes("platform: linux/arm64, build: {platforms: []}").isEmpty)
    #expect(codes("platform: \"\", build: {platforms: [linux/amd64]}").isEmpty)
    #expect(codes("platform: linux/arm64, build: .").isEmpty)
  }

  @Test(
    "devices are asked for by number or by name",
    arguments: ["gpus: [%]", "deploy: {resources: {reservations: {devices: [%]}}}"])
  func devices(place: String) {
    func of(_ device: String) -> [String] { codes("image: x, " + place.replacing("%", with: device)) }
    #expect(of("{capabilities: [gpu], count: 1}").isEmpty)
    #expect(of("{capabilities: [gpu], device_ids: [\"0\"]}").isEmpty)
    #expect(of("{capabilities: [gpu], count: 1, device_ids: [\"0\"]}") == ["C0222"])
  }

  @Test("a context that is a service is a service that is built")
  func contexts() {
    #expect(codes("build: {additional_contexts: {a: \"service:lib\", b: ../b, c: \"docker-image://x\"}}").isEmpty)
    #expect(codes("build: {additional_contexts: [\"a=service:lib\"]}").isEmpty)
    #expect(codes("build: {additional_contexts: {a: \"service:lab\"}}") == ["C0201"])
    #expect(codes("build: {additional_contexts: [\"a=service:db\"]}") == ["C0222"])
  }

  @Test(
    "what is synchronised has a target",
    arguments: [
      ("action: sync", false), ("action: sync+restart", false), ("action: \"sync+exec\", target: \"\"", false),
      ("action: sync, target: /srv", true), ("action: rebuild", true), ("action: restart", true),
    ])
  func watch(attributes: String, isRight: Bool) {
    #expect(codes("build: ., develop: {watch: [{path: ./src, \(attributes)}]}") == (isRight ? [] : ["C0104"]))
  }
}
