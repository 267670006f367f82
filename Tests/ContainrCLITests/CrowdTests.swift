import ContainrSystem
import Testing

@testable import ContainrCLI
@testable import ContainrEngine

@Suite struct CrowdTests {
  private func status(
    _ service: String, _ state: ContainerStatus.State, code: Int32? = nil, isOver: Bool = true
  ) -> ContainerStatus {
    var status = ContainerStatus(
      stack: "s", service: service, index: 1, name: "s-\(service)-1", state: state, createdAt: 0, logFile: "")
    status.exitCode = code
    status.isOver = isOver && state != .running
    return status
  }

  /// Descriptors that stand for running containers: pipes whose other end the test closes.
  private func pipes(_ names: [String]) throws -> [String: SharedFD] {
    var made: [String: SharedFD] = [:]
    for name in names {
      let ends = try Kernel.pipe().release()
      _ = OwnedFD(taking: ends.write)
      made[name] = SharedFD(OwnedFD(taking: ends.read))
    }
    return made
  }

  @Test("it has ended when everything has, and the worst exit code stays")
  func ends() throws {
    let descriptors = try pipes(["s-web-1"])
    var crowd = Crowd(firstToken: 16) { descriptors[$0] }
    let poll = try EventPoll()
    let first = try crowd.update([status("web", .running), status("job", .exited, code: 0)], poll: poll)
    #expect(first == ["job-1 exited with code 0"])
    #expect(!crowd.hasEnded)
    let events = try poll.wait(milliseconds: 1000)
    #expect(events.map(\.token) == [16])
    try crowd.ended(token: 16, poll: poll)
    let second = try crowd.update([status("web", .exited, code: 3), status("job", .exited, code: 0)], poll: poll)
    #expect(second == ["web-1 exited with code 3"])
    #expect(crowd.hasEnded)
    #expect(crowd.worst == 3)
  }

  @Test("what is started again keeps the crowd waiting, and its last end is told as the last")
  func restarts() throws {
    var crowd = Crowd(firstToken: 16) { _ in nil }
    let poll = try EventPoll()
    #expect(
      try crowd.update([status("a", .exited, code: 1, isOver: false)], poll: poll)
        == ["a-1 exited with code 1, is started again"])
    #expect(!crowd.hasEnded)
    #expect(crowd.isUndecided)
    #expect(try crowd.update([status("a", .exited, code: 1, isOver: false)], poll: poll) == [])
    #expect(try crowd.update([status("a", .exited, code: 1)], poll: poll) == ["a-1 exited with code 1"])
    #expect(crowd.hasEnded)
  }

  @Test("what was stopped on purpose is no failure")
  func stopped() throws {
    var crowd = Crowd(firstToken: 16) { _ in nil }
    let poll = try EventPoll()
    #expect(try crowd.update([status("a", .stopped, code: 143)], poll: poll) == ["a-1 stopped"])
    #expect(crowd.worst == 0)
  }
}
