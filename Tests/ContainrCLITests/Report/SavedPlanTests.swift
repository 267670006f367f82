// A saved plan is read back as it was, is never taken for a stack file, and tells what moved.
import ContainrReconcile
import ContainrSpec
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

struct SavedPlanTests {
  private func changeset(_ value: String) -> Changeset {
    let reason = ChangeReason(.drift, "memory.limit_in_bytes", old: value, new: "9", effect: .inPlace)
    return Changeset(
      stack: "s",
      changes: [
        Change(
          .updateContainer(ContainerName(stack: "s", service: "a", index: 1)), address: "container s-a-1",
          reasons: [reason], effect: .inPlace)
      ])
  }

  private var desired: StackPlan {
    var service = ServicePlan(name: "a", location: SourceLocation(file: "s.yaml", line: 1, column: 1, through: ["x"]))
    service.environment = [EnvironmentPlan(name: "A", value: "containr-plan")]
    return StackPlan(name: "s", file: "/srv/s.yaml", services: [service])
  }

  @Test("what is written is read again, with its mark in front")
  func roundTrip() throws {
    let text = try SavedPlan(desired: desired, changeset: changeset("5")).text()
    #expect(text.hasPrefix("{\"containr-plan\":1,") && text.hasSuffix("}\n"))
    #expect(SavedPlan.isMeant(Array(text.utf8)))
    let back = try SavedPlan(reading: Array(text.utf8), shown: "p.json")
    #expect(back.desired == desired && back.changeset == changeset("5"))
  }

  @Test("the path by which the file was named is kept where it is another one, and a plan without it is read as well")
  func named() throws {
    func text(_ named: String) throws -> String {
      try SavedPlan(desired: desired, changeset: changeset("5"), named: named).text()
    }
    let other = try text("/link/s.yaml")
    #expect(try SavedPlan(reading: Array(other.utf8), shown: "p.json").named == "/link/s.yaml")
    let same = try text("/srv/s.yaml")
    #expect(!same.contains("named"))
    #expect(try SavedPlan(reading: Array(same.utf8), shown: "p.json").named == nil)
  }

  @Test(
    "stack files are not meant, JSON ones either; a broken or newer plan says what to do",
    arguments: [
      "services: {}", "{\"services\": {\"containr-plan\": {}}}", "", "{}",
    ])
  func others(text: String) { #expect(!SavedPlan.isMeant(Array(text.utf8))) }

  @Test("a broken or a newer plan is refused with what to do")
  func broken() throws {
    for text in ["{\"containr-plan\":1}", "{\"containr-plan\":1,", "{\"containr-plan\":2,\"version\":\"9\"}"] {
      let exit = #expect(throws: CommandExit.self) { try SavedPlan(reading: Array(text.utf8), shown: "p.json") }
      #expect(exit?.code == 2 && exit?.help == "make it again with 'containr plan -o p.json'")
    }
    let text = try SavedPlan(desired: desired, changeset: changeset("5")).text().replacing(
      "\"containr-plan\":1", with: "\"containr-plan\":7")
    let exit = #expect(throws: CommandExit.self) { try SavedPlan(reading: Array(text.utf8), shown: "p.json") }
    #expect(exit?.message?.contains("format 7") == true)
  }

  @Test("what moved is named line by line, and refuses the plan with a code of its own")
  func moves() {
    let saved = SavedPlan(desired: desired, changeset: changeset("5"))
    #expect(saved.moves(now: changeset("5")).isEmpty)
    #expect(
      saved.moves(now: changeset("6")) == [
        "- container s-a-1: update: memory.limit_in_bytes: 5 → 9 (drift)   in place",
        "+ container s-a-1: update: memory.limit_in_bytes: 6 → 9 (drift)   in place",
      ])
    #expect(saved.moves(now: Changeset(stack: "s")).count == 1)
    let exit = #expect(throws: CommandExit.self) { try SavedPlanFile.check(saved, now: changeset("6")) }
    #expect(exit?.code == 8)
  }
}
