// The supervisor's answer to whom asks what has not moved.
import Testing

@testable import ContainrEngine

@Suite("the answer of a supervisor that listens") struct StillAnswerTests {
  private let answer = StillAnswer(processes: [
    "t-web-1": StillProcess(pid: 7, mountNamespace: "mnt:[1]"),
    "t-app-1": StillProcess(pid: 8, mountNamespace: "mnt:[2]"),
  ])

  @Test("it is read as it was written")
  func roundTrip() {
    #expect(answer.text == "t-app-1 8 mnt:[2]\nt-web-1 7 mnt:[1]\n.\n")
    #expect(StillAnswer(text: answer.text) == answer)
    #expect(StillAnswer(text: StillAnswer().text) == StillAnswer())
  }

  @Test("one that was cut off anywhere says nothing")
  func cutOff() {
    let text = answer.text
    for count in 0..<text.count { #expect(StillAnswer(text: String(text.prefix(count))).processes.isEmpty) }
    #expect(StillAnswer(text: "unknown request\n").processes.isEmpty)
  }
}
