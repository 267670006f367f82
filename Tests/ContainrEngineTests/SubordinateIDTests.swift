// Blocks of ids for containers: from which ranges, and never one twice.
import ContainrReconcile
import ContainrSpec
import ContainrStore
import ContainrTestSupport
import SystemPackage
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

  @Test("numbers that the user namespace has not are nobody's: an ordinary user's has few")
  func mapped() {
    let text = "containr:100000:200000\n"
    #expect(SubordinateIDs.own(text, mappedBy: "         0          0 4294967295\n") == [100_000..<300_000])
    #expect(SubordinateIDs.own(text, mappedBy: "0 1000 1\n1 524288 65536\n") == [])
    #expect(SubordinateIDs.own(text, mappedBy: "0 1000 1\n1 524288 131072\n") == [100_000..<131_073])
  }

  @Test("only what containr has and nobody else; the line that is proposed lies above all")
  func files() throws {
    let directory = try ScratchDirectory("ids")
    for name in ["subuid", "subgid"] {
      _ = try directory.write("root:1000000:1000000000\ncontainr:900000:200000\nlxd:2000000000:65536\n", to: name)
    }
    let path = FilePath(directory.path)
    #expect(try SubordinateIDs(directory: path).ranges == [900_000..<1_000_000])
    let line = try #require(try SubordinateIDs.suggestion(directory: path))
    let first = try #require(SubordinateIDs.ranges(line, of: "containr").first)
    #expect(first.lowerBound >= 2_000_065_536 && first.count >= 65536)
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
    // Made again they keep their blocks, although a lower one is free: until they are stopped the old ones run with them.
    var later = first
    for index in later.containers.indices where later.containers[index].ids != 0 {
      later.containers[index].ids += Int(SubordinateIDs.size)
    }
    var again = ContainrEngineTests.planner(later)
    again.subordinateIDs = planner.subordinateIDs
    let second = rows(try again.writes(for: changes(plan), desired: plan), on: later)
    #expect(second.containers.sorted { $0.id < $1.id }.map(\.ids) == [165_536, 231_072, 0])
  }
}
