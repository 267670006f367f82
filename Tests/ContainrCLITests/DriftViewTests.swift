import ContainrReconcile
import ContainrSpec
import Testing

@testable import ContainrCLI
@testable import ContainrEngine
@testable import ContainrForeground

@Suite struct DriftViewTests {
  private func status(_ change: (inout StackStatus) -> Void = { _ in }) -> StackStatus {
    var web = ContainerStatus(
      stack: "hello", service: "web", index: 1, name: "hello-web-1", state: .running, createdAt: 1000, logFile: "/l")
    web.pid = 4711
    web.since = 1000
    var status = StackStatus(
      name: "hello", file: "/srv/stack.yaml", revision: 3, containers: [web], drift: [], notes: [], pending: nil)
    change(&status)
    return status
  }

  private static let drift = ChangeNote(
    address: "container hello-web-1",
    reason: ChangeReason(
      .drift, "mount /data", old: "not mounted", new: "ext4 rw",
      origin: SourceLocation(file: "stack.yaml", line: 3, column: 3), effect: .recreate))

  private func text(_ status: StackStatus) -> String { DriftView(ink: Ink(isOn: false), now: 1065).text(status) }

  @Test("a stack in order says so, with its file and its revision")
  func inOrder() {
    #expect(
      text(status()) == """
        stack hello   /srv/stack.yaml   revision 3
        NAME         SERVICE  STATE    HEALTH   PID  MEM/LIMIT  PORTS  UPTIME
        hello-web-1  web      running  -       4711  -          -      1m 5s
        in order

        """)
    let pending = text(status { ($0.revision, $0.pending) = (nil, ["container hello-web-1"]) })
    #expect(pending.hasPrefix("stack hello   /srv/stack.yaml\n"))
    #expect(pending.hasSuffix("in order\nthe stack file asks for more: 1 change; containr plan shows it\n"))
  }

  @Test("drift is told in the words of a change, notes are in order, an unhealthy container is not")
  func drift() {
    let moved = status { $0.drift = [Self.drift] }
    #expect(
      text(moved).hasSuffix(
        """
        ~   container hello-web-1   has moved
              mount /data: not mounted → ext4 rw (drift)   stack.yaml:3:3   recreate
        not in order: 1 part has drifted; containr-up repairs it

        """))
    #expect(!moved.isInOrder)
    let noted = status { $0.notes = [Self.drift] }
    #expect(noted.isInOrder && text(noted).contains("!   container hello-web-1   left as it is\n"))
    let unhealthy = status { $0.containers[0].health = "unhealthy" }
    #expect(!unhealthy.isInOrder && text(unhealthy).hasSuffix("not in order: a container is unhealthy\n"))
  }

  @Test("the JSON form is versioned and has the reasons of a plan")
  func json() {
    let text = DriftView.json([status { $0.drift = [Self.drift] }])
    #expect(
      text.hasPrefix(
        """
        {"format": 1, "stacks": [
        {"name": "hello", "file": "/srv/stack.yaml", "revision": 3, "in_order": false, "drift": [{"address": \
        "container hello-web-1", "reason": {"kind": "drift", "path": "mount /data", "old": "not mounted", "new": "ext4 rw", \
        "origin": {"file": "stack.yaml", "line": 3, "column": 3}, "effect": "recreate"}}], "notes": [], "pending": null, \
        "containers": [
          {"name": "hello-web-1"
        """))
    #expect(DriftView.json([]) == "{\"format\": 1, \"stacks\": []}\n")
  }
}
