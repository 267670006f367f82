// The live picture of `containr stats`, its keys and its graphs, without a terminal.
import Testing

@testable import ContainrCLI
@testable import ContainrEngine
@testable import ContainrForeground

@Suite("The live screen of stats") struct StatsScreenTests {
  private func use(_ name: String, cpu: Double, memory: UInt64 = 1 << 20, health: String? = nil) -> StackUse {
    var sample = ContainerSample(name: name, service: name, index: 1, pid: 7)
    (sample.time, sample.processorTime, sample.memory) = (2_000_000_000, UInt64(cpu * 1e9), memory)
    var before = sample
    (before.time, before.processorTime) = (1_000_000_000, 0)
    var use = StackUse(sample, since: before)
    use.health = health
    return use
  }

  private func screen(_ uses: [StackUse], isOn: Bool = false) -> StatsScreen {
    var screen = StatsScreen(title: "t", ink: Ink(isOn: isOn), order: .cpu)
    screen.take(uses)
    return screen
  }

  @Test("a graph has a bar a value, the newest on the right, full at the top, and none without a place")
  func sparklines() {
    #expect(Sparkline.text([0, 0.5, 1], width: 5, top: 1) == "  ▁▅█")
    #expect(Sparkline.text([0, 0.5, 1], width: 2, top: 1) == "▅█")
    #expect(Sparkline.text([0.01, 9, -1, .infinity], width: 4, top: 1) == "▂█▁▁")
    #expect(Sparkline.text([0, 1], width: 2, top: 0) == "▁▁" && Sparkline.text([1], width: 0, top: 1) == "")
    #expect(Sparkline.text([0, 1], width: 3, top: 1, isUnicode: false) == " _#")
  }

  @Test("the busiest stands first; keys sort otherwise, and what is equal is sorted by name")
  func order() {
    var screen = screen([use("b", cpu: 0.1), use("a", cpu: 0.1, memory: 1), use("c", cpu: 0.5)])
    func names() -> [String] {
      screen.lines(rows: 24, columns: 200).dropFirst(2).dropLast().map { String($0.prefix(1)) }
    }
    #expect(names() == ["c", "a", "b"])
    _ = screen.press(.letter("m"))
    #expect(names() == ["b", "c", "a"])
    _ = screen.press(.letter("n"))
    #expect(names() == ["a", "b", "c"])
    let staying = [ScreenKey.letter("q"), .letter("Q"), .interrupt, .letter("x"), .suspend].map { screen.press($0) }
    #expect(staying == [false, false, false, true, true])
  }

  @Test("no picture is larger than its screen, whatever that is, with colours and without")
  func sizes() {
    var uses = (1...50).map {
      use("soak-a-very-long-service-name-of-somebody-\($0)", cpu: Double($0) / 10, health: "unhealthy")
    }
    uses[3].name = "ä\u{1B}[2J"
    for isOn in [false, true] {
      var screen = screen(uses, isOn: isOn)
      for (rows, columns) in [(1, 1), (2, 10), (3, 79), (4, 80), (24, 80), (24, 99), (24, 100), (50, 250), (200, 400)] {
        let lines = screen.lines(rows: rows, columns: columns)
        #expect(lines.count <= rows)
        for line in lines {
          let plain = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
          #expect(plain.count <= columns && !plain.contains("\u{1B}"), "\(rows)x\(columns): \(line)")
          #expect(isOn || plain == line)
        }
      }
    }
  }

  @Test("names are cut on the screen unless nothing may be; graphs are there where there is room")
  func cutting() {
    let long = String(repeating: "n", count: 40)
    var screen = screen([use(long, cpu: 0.2)])
    let (wide, narrow) = (screen.lines(rows: 24, columns: 300), screen.lines(rows: 24, columns: 80))
    #expect(wide[2].hasPrefix(String(repeating: "n", count: 31) + "…  20.00%") && wide[2].contains("█"))
    #expect(!narrow[2].contains("█"))
    screen.isWhole = true
    let whole = screen.lines(rows: 24, columns: 300)
    #expect(whole[2].hasPrefix(long + "  "))
    screen.isUnicode = false
    let plain = screen.lines(rows: 24, columns: 300).joined()
    #expect(plain.utf8.allSatisfy { $0 < 0x80 })
  }

  @Test("what does not fit is scrolled to, never beyond the end, and another size keeps the place sensible")
  func scrolling() {
    var screen = screen((1...20).map { use("n\($0 < 10 ? "0" : "")\($0)", cpu: 0) })
    _ = screen.press(.letter("n"))
    func shown() -> [Substring] { screen.lines(rows: 8, columns: 120).dropFirst(2).dropLast().map { $0.prefix(3) } }
    #expect(shown() == ["n01", "n02", "n03", "n04", "n05"])
    _ = (screen.press(.down), screen.press(.pageDown))
    #expect(shown() == ["n07", "n08", "n09", "n10", "n11"])
    _ = screen.press(.end)
    #expect(shown() == ["n16", "n17", "n18", "n19", "n20"])
    _ = screen.press(.down)
    #expect(shown().first == "n16")
    _ = screen.press(.up)
    #expect(shown().first == "n15")
    let large = screen.lines(rows: 40, columns: 120)
    #expect(large.count == 23)
    _ = screen.press(.home)
    #expect(shown().first == "n01")
    // Those that are gone are no more lines, and what they used is forgotten.
    screen.take([use("n20", cpu: 1)])
    #expect(shown() == ["n20"])
  }

  @Test("keys: letters, arrows in both modes, pages; half a sequence and unknown ones are nothing")
  func keys() {
    func keys(_ text: String) -> [ScreenKey] { ScreenKey.keys(Array(text.utf8)) }
    #expect(
      keys("qc") == [.letter("q"), .letter("c")] && keys("\u{3}") == [.interrupt] && keys("\u{1A}") == [.suspend])
    #expect(keys("\u{1B}[A\u{1B}OB") == [.up, .down] && keys("\u{1B}[5~\u{1B}[6~") == [.pageUp, .pageDown])
    #expect(
      keys("\u{1B}[H\u{1B}[4~") == [.home, .end] && keys("\u{1B}") == [] && keys("\u{1B}[") == []
        && keys("\u{1B}[1;5C") == [])
    #expect(keys("ä\t") == [])
  }

  @Test("a line is cut by characters that are seen, and its colour ends with it")
  func clipping() {
    #expect(StatsScreen.clipped("abc", 2) == "ab" && StatsScreen.clipped("abc", 3) == "abc")
    #expect(StatsScreen.clipped("\u{1B}[32mabc\u{1B}[0m", 2) == "\u{1B}[32mab\u{1B}[0m")
    #expect(StatsScreen.clipped("\u{1B}[32mab\u{1B}[0m", 2) == "\u{1B}[32mab\u{1B}[0m")
  }
}
