// Layers held against a lock file, with findings that the test makes up.
import ContainrSpec
import Testing

@testable import ContainrEngine

@Suite("Layers and their lock file")
struct LayerPinsTests {
  private let services = [
    service("a") { $0.layers = [LayerPlan(path: "/l/a.tar", kind: .archive)] },
    service("b") {
      $0.layers = [LayerPlan(path: "/l/a.tar", kind: .archive), LayerPlan(path: "/l/b", kind: .directory)]
    },
  ]

  private func problems(_ finding: LayerPins.Finding, isFrozen: Bool = true) throws -> [String] {
    let pins = LayerPins(file: "stack.lock", digests: ["/l/a.tar": "sha256:1"], isFrozen: isFrozen)
    return try pins.problems(services) { _ in finding }.map { "\($0.code): \($0.message)" }
  }

  @Test("what differs, is not in it or cannot be read is told once; what is not there is told by others")
  func findings() throws {
    #expect(
      try problems(.digest("sha256:1")) == ["not-locked: service b: layer b is not in stack.lock"])
    #expect(try problems(.digest("sha256:1"), isFrozen: false) == [])
    #expect(
      try problems(.digest("sha256:2"), isFrozen: false) == [
        "lock-mismatch: service a: layer a.tar is sha256:2, and stack.lock says sha256:1"
      ])
    #expect(
      try problems(.unreadable("read: Input/output error")) == [
        "unreadable-layer: service a: layer /l/a.tar cannot be read: read: Input/output error",
        "unreadable-layer: service b: layer /l/b cannot be read: read: Input/output error",
      ])
    #expect(try problems(.missing) == [])
  }

  @Test("a layer is found, missing or unreadable, and the three are never taken for each other")
  func finding() {
    func found(_ path: String, _ kind: LayerPlan.Kind) -> LayerPins.Finding {
      LayerPins.finding(of: LayerPlan(path: path, kind: kind))
    }
    #expect(
      found("/dev/null", .archive)
        == .digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    #expect(found("/nowhere/at/all", .archive) == .missing)
    #expect(found("/dev/null/x", .directory) == .missing)
    // A regular file for everybody that nobody can read from its beginning.
    guard case .unreadable(let reason) = found("/proc/self/mem", .archive) else {
      Issue.record("\(found("/proc/self/mem", .archive))")
      return
    }
    #expect(reason.hasSuffix("Input/output error"), "\(reason)")
  }
}
