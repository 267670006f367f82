import Synchronization
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct ProgressViewTests {
  /// Collects what a view writes, with a clock that goes on by 5 ms a look.
  final class Screen: Sendable {
    let text = Mutex("")
    let clock = Mutex<UInt64>(0)

    func view(isLive: Bool) -> ProgressView {
      ProgressView(
        output: Output(descriptor: -1, isTerminal: false), ink: Ink(isOn: false), isLive: isLive, titleWidth: 15,
        now: {
          self.clock.withLock { now in
            now += 5_000_000
            return now
          }
        }, sink: { piece in self.text.withLock { $0 += piece } })
    }
  }

  @Test("without a terminal each finished resource is one plain line") func plain() {
    let screen = Screen()
    let view = screen.view(isLive: false)
    view.begin("0", title: "network default", doing: "making")
    view.begin("1", title: "container web-1", doing: "creating")
    view.advance("1", done: 1, total: 2)
    view.end("0", title: "network default", result: "ready", .done)
    view.end("1", title: "container web-1", result: "started", .failed("no such file"))
    view.end("2", title: "container app-1", result: "", .skipped("container web-1 failed"))
    // Several steps of one thing are one line, and those after the one that failed are none.
    view.end("3", title: "container app-1", result: "", .skipped("container web-1 failed"))
    view.end("4", title: "container web-1", result: "", .skipped("container web-1 failed"))
    #expect(
      screen.text.withLock { $0 } == """
         ✔ network default  ready  10 ms
         ✘ container web-1  failed: no such file
         - container app-1  skipped: container web-1 failed

        """)
    #expect(!screen.text.withLock { $0.contains("\u{1B}") })
  }

  @Test("on a terminal live lines are redrawn in place, and finished ones stay above them") func live() {
    let screen = Screen()
    let view = screen.view(isLive: true)
    view.begin("0", title: "layer base.tar", doing: "unpacking")
    view.advance("0", done: 512, total: 1024)
    view.advance("0", done: 512, total: 1024)
    view.end("0", title: "layer base.tar", result: "ready", .done)
    #expect(
      screen.text.withLock { $0 } == " · layer base.tar   unpacking\n"
        + "\u{1B}[1A\r\u{1B}[J · layer base.tar   unpacking  [##########..........]  50%  512b of 1k\n"
        + "\u{1B}[1A\r\u{1B}[J ✔ layer base.tar   ready  5 ms\n")
  }

  @Test("a bar is full at its end and never longer") func bar() {
    #expect(ProgressBar.text(done: 3, total: 2, width: 4) == "[####] 100%  3b of 2b")
    #expect(ProgressBar.text(done: 0, total: 4096, width: 4) == "[....]   0%  0b of 4k")
    #expect(ProgressBar.text(done: 2048, total: 0) == "2k")
  }
}
