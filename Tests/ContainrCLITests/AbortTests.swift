// What ends an attached `up` early, and whose exit code it passes on.
import ArgumentParser
import ContainrTelemetry
import Testing

@testable import ContainrCLI
@testable import ContainrEngine

@Suite struct AbortTests {
  private func event(_ action: ContainerEvent.Action, _ service: String, _ code: Int? = nil) -> ContainerEvent {
    let event = ContainerEvent(
      action, EventSubject(stack: "s", service: service, name: "s-\(service)-1", id: "s-\(service)-1"), time: 1)
    return code.map { event.with("exitCode", "\($0)") } ?? event
  }

  private func status(
    _ service: String, _ state: ContainerStatus.State, code: Int32? = nil, isOver: Bool = true
  ) -> ContainerStatus {
    var status = ContainerStatus(
      stack: "s", service: service, index: 1, name: "s-\(service)-1", state: state, createdAt: 0, logFile: "")
    status.exitCode = code
    status.pid = state == .running ? 7 : nil
    status.isOver = isOver && state != .running
    return status
  }

  private func watch(_ trigger: AbortRule.Trigger, _ service: String? = nil) -> AbortWatch {
    AbortWatch(AbortRule(trigger: trigger, service: service), services: ["web", "job"])
  }

  @Test("the first end ends everything, and its code is passed on whatever ends after it")
  func firstExit() {
    var watch = watch(.exit)
    #expect(watch.saw(status("web", .running)) == nil)
    #expect(watch.heard(event(.start, "job")) == nil)
    #expect(watch.heard(event(.die, "job", 3)) == "s-job-1 exited with code 3: everything is stopped")
    #expect(watch.heard(event(.die, "web", 137)) == nil, "once")
    #expect(watch.code == 3)
  }

  @Test("with --abort-on-container-failure what ends well ends nothing")
  func failure() {
    var watch = watch(.failure)
    #expect(watch.saw(status("web", .running)) == nil)
    #expect(watch.saw(status("job", .running)) == nil)
    #expect(watch.heard(event(.die, "job", 0)) == nil)
    #expect(watch.code == 0)
    #expect(watch.heard(event(.die, "web", 2)) != nil)
    #expect(watch.code == 2)
  }

  @Test("the code is that of the chosen service, though another one ended first")
  func chosen() {
    var watch = watch(.exit, "web")
    _ = watch.saw(status("web", .running))
    _ = watch.saw(status("job", .running))
    #expect(watch.heard(event(.die, "job", 1)) != nil)
    #expect(watch.code == 1, "the chosen one has not ended")
    #expect(watch.heard(event(.die, "web", 42)) == nil)
    #expect(watch.code == 42)
    #expect(watch.heard(event(.die, "web", 5)) == nil)
    #expect(watch.code == 42, "its first end counts")
  }

  @Test("an old container that is made again has not ended, and neither has one of another service")
  func remade() {
    var watch = watch(.exit)
    #expect(watch.heard(event(.die, "web", 143)) == nil, "the life before this up")
    #expect(watch.heard(event(.start, "web")) == nil)
    #expect(watch.heard(event(.start, "other")) == nil)
    #expect(watch.heard(event(.die, "other", 1)) == nil)
    #expect(watch.code == 0)
    #expect(watch.heard(event(.die, "web", 9)) != nil)
  }

  @Test("what had ended before anybody listened counts once; what was stopped by a person does not")
  func before() {
    var watch = watch(.exit)
    #expect(watch.saw(status("web", .stopped, code: 143)) == nil)
    #expect(watch.saw(status("job", .exited, code: 4)) != nil)
    #expect(watch.saw(status("job", .exited, code: 4)) == nil)
    #expect(watch.code == 4)
  }

  @Test("the words are Compose's, and so are their contradictions")
  func words() throws {
    func rule(_ words: String...) throws -> AbortRule? { try UpOptions.parse(words).abort.rule }
    #expect(try rule() == nil)
    #expect(try rule("--abort-on-container-exit") == AbortRule(trigger: .exit))
    #expect(try rule("--abort-on-container-failure") == AbortRule(trigger: .failure))
    #expect(try rule("--exit-code-from", "web") == AbortRule(trigger: .exit, service: "web"))
    #expect(
      try rule("--exit-code-from", "web", "--abort-on-container-failure")
        == AbortRule(trigger: .failure, service: "web"))
    #expect(throws: (any Error).self) { try rule("--abort-on-container-exit", "--abort-on-container-failure") }
    for other in ["-d", "--wait", "--no-start", "--json", "--plan"] {
      for words in [["--abort-on-container-exit"], ["--abort-on-container-failure"], ["--exit-code-from", "web"]] {
        #expect(throws: (any Error).self, "\(other) \(words)") { try UpOptions.parse(words + [other]) }
      }
    }
    #expect(try UpOptions.parse(["--wait", "--wait-timeout", "0"]).patience == nil)
    #expect(try UpOptions.parse(["--wait", "--wait-timeout", "7"]).patience == 7)
    #expect(throws: (any Error).self) { try UpOptions.parse(["--wait", "--wait-timeout", "-1"]) }
  }
}
