// Plans of probes are read once, and anew when they are others.
import ContainrSpec
import Testing

@testable import ContainrEngine

@Suite("Plans of probes") struct ProbePlansTests {
  @Test("a plan is read once a text, another text is another plan, and what cannot be read is an error each time")
  func plans() throws {
    var plan = ServicePlan(name: "web", location: SourceLocation(file: "stack.yaml", line: 1, column: 1))
    let first = try PlanCoding.json(plan)
    plan.command = ["other"]
    let second = try PlanCoding.json(plan)
    let plans = ProbePlans()
    #expect(try plans.plan(of: "a", first).command != ["other"] && plans.plan(of: "a", first).name == "web")
    #expect(try plans.plan(of: "a", second).command == ["other"])
    #expect(try plans.plan(of: "b", first).command != ["other"])
    #expect(try plans.plan(of: "a", first).command != ["other"])
    for _ in 0..<2 { #expect(throws: (any Error).self) { try plans.plan(of: "a", "{") } }
    plans.forget("a")
    #expect(try plans.plan(of: "a", second).command == ["other"])
  }
}
