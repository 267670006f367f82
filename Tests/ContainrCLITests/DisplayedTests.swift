import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct DisplayedTests {
  @Test(
    "bytes are written in the units of stack files",
    arguments: [
      (0, "0b"), (1023, "1023b"), (1024, "1k"), (1536, "1.5k"), (33_554_432, "32m"), (1_610_612_736, "1.5g"),
      (UInt64.max, "16384p"),
    ] as [(UInt64, String)]) func bytes(count: UInt64, text: String)
  { #expect(Displayed.bytes(count) == text) }

  @Test(
    "an elapsed time has the precision that matters",
    arguments: [
      (UInt64(40_000), "0 ms"), (400_000, "0.4 ms"), (12_300_000, "12 ms"), (1_250_000_000, "1.25 s"),
      (12_340_000_000, "12.3 s"), (125_000_000_000, "2 m 5 s"),
    ] as [(UInt64, String)]) func elapsed(nanoseconds: UInt64, text: String)
  { #expect(Displayed.elapsed(nanoseconds: nanoseconds) == text) }

  @Test(
    "an age shows its two largest units",
    arguments: [(0, "0s"), (59, "59s"), (60, "1m"), (61, "1m 1s"), (7_380, "2h 3m"), (3 * 86_400 + 3_599, "3d")]
      as [(UInt64, String)]) func age(seconds: UInt64, text: String)
  { #expect(Displayed.age(seconds: seconds) == text) }

  @Test("control characters never reach the terminal") func control() {
    #expect(Displayed.safe("a\u{1B}[2Jb\u{7}\u{9B}") == "a\\u{1b}[2Jb\\u{7}\\u{9b}")
    #expect(Displayed.safe("plain text, ünïcode") == "plain text, ünïcode")
  }
}
