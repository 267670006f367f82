// Blocks of ids for containers: from which ranges, and never one twice.
import ContainrReconcile
import ContainrSpec
import ContainrStore
import Testing

@testable import ContainrEngine
@testable import ContainrHost

@Suite("Ids of the host for containers")
struct SubordinateIDTests {
  @Test("lines of the user, well-formed and above the host's own users")
  func lines() {
    let text =
      "containr:100000:65536\nroot:300000:10\ncontainr:500:65536\ncontainr:x:1\ncontainr:4294967000:1000\ncontainr:200000:0\n\n"
    #expect(SubordinateIDs.ranges(text, of: "containr") == [100_000..<165_536])
    #expect(SubordinateIDs.ranges(text, of: "nobody") == [])
  }

  @Test("what is free for users and groups alike, lowest first, beside what is taken")
  func blocks() {
    let ids = SubordinateIDs(users: [100_000..<300_000], groups: [100_000..<240_000, 1_000_000..<2_000_000])
    #expect(ids.ranges == [100_000..<240_000] && ids.count == 2)
    #expect(ids.free(beside: []) == 100_000)
    #expect(ids.free(beside: [100_000]) == 165_536)
    #expect(ids.free(beside: [165_536]) == 100_000)
    #expect(ids.free(beside: [100_000, 165_536]) == nil)
    // A block of another division of the range is in the way of two.
    #expect(ids.free(beside: [120_000]) == nil)
    #expect(ids.holds(100_000) && !ids.holds(200_000))
  }

  @Test("each container has a block of its own, of whatever stack, and nobody else has any")
  func planned() throws {
    func changes(_ plan: StackPlan) -> Changeset {
      reconcile(desired: plan, observed: ObservedState(), stack: plan.name)
    }
    let plan = stack([
      service("a") {
        $0.namespaces = [.init(.user, .automatic)]
        $0.replicas = 2
      }, service("b"),
    ])
    var planner = planner()
    planner.subordinateIDs = SubordinateIDs(users: [100_000..<400_000], groups: [100_000..<400_000])
    let first = rows(try planner.writes(for: changes(plan), desired: plan))
    #expect(first.containers.sorted { $0.id < $1.id }.map(\.ids) == [100_000, 165_536, 0])
    var small = ContainrEngineTests.planner(first)
    small.subordinateIDs = SubordinateIDs(users: [100_000..<200_000], groups: [100_000..<200_000])
    let other = stack([service("c") { $0.namespaces = [.init(.user, .automatic)] }], name: "other")
    #expect(throws: EngineError.self) { try small.writes(for: changes(other), desired: other) }
  }
}
