import ContainrReconcile
import ContainrSpec
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct ChangesetViewTests {
  private let web = ContainerName(stack: "hello", service: "web", index: 1)

  private func changeset(_ changes: [Change], matching: Int = 0) -> Changeset {
    Changeset(stack: "hello", changes: changes, matching: matching)
  }

  @Test("before an apply, what is merely created is only counted") func short() {
    let view = ChangesetView(ink: Ink(isOn: false))
    let set = changeset([Change(.createContainer(web), address: "container hello-web-1", reasons: [], effect: .none)])
    #expect(view.short(set) == "1 to create\n")
    #expect(view.full(set) == "+   container hello-web-1   create\n1 to create\n")
  }

  @Test("what changes is shown with its reasons and places") func reasons() {
    let reason = ChangeReason(
      .field, "mem_limit", old: "33554432", new: "67108864",
      origin: SourceLocation(file: "stack.yaml", line: 9, column: 16), effect: .inPlace)
    let set = changeset(
      [Change(.updateContainer(web), address: "container hello-web-1", reasons: [reason], effect: .inPlace)],
      matching: 2)
    #expect(
      ChangesetView(ink: Ink(isOn: false)).short(set) == """
        ~   container hello-web-1   change
              mem_limit: 33554432 → 67108864   stack.yaml:9:16   in place
        1 to change; 2 containers match

        """)
  }

  @Test("colours follow the symbols") func colours() {
    let set = changeset([Change(.createContainer(web), address: "container hello-web-1", reasons: [], effect: .none)])
    #expect(
      ChangesetView(ink: Ink(isOn: true)).full(set)
        == "\u{1B}[32m+   container hello-web-1   create\u{1B}[0m\n\u{1B}[1m1 to create\u{1B}[0m\n")
  }

  @Test("every change has words for its beginning and its end") func words() {
    let actions: [ChangeAction] = [
      .createContainer(web), .stopContainer(web), .prepareLayer(path: "/a"), .writeFirewall, .removeStack,
      .await(service: "web", condition: .healthy),
    ]
    for action in actions {
      #expect(!ChangeWords(action).doing.isEmpty)
      #expect(!ChangeWords(action).done.isEmpty)
    }
    #expect(ChangeWords(.createContainer(web)).done == "started")
  }
}
