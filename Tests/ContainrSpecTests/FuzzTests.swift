// Damaged files never trap and always end in a plan or an error. The damage is the same in every run.
import ContainrTestSupport
import Testing

@testable import ContainrSpec

struct FuzzTests {
  /// SplitMix64.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test("bytes changed, removed, repeated", arguments: 0..<8)
  func damaged(seed: Int) {
    var random = Generator(state: UInt64(seed))
    let original = Array(FullStack.text.utf8)
    let alphabet = Array("{}[]:,-&*!|>'\"%@`#?$\n\t \u{0}~<=0129azé".utf8)
    for _ in 0..<60 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] = alphabet.randomElement(using: &random)!
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(alphabet.randomElement(using: &random)!, at: index)
        default: bytes.replaceSubrange(index..<min(index + 20, bytes.count), with: bytes[..<(index / 2)].suffix(20))
        }
      }
      check(bytes)
    }
  }

  @Test("values replaced by hostile ones", arguments: 0..<8)
  func hostile(seed: Int) {
    var random = Generator(state: UInt64(seed) &+ 1000)
    let values = [
      "-1", "99999999999999999999999", "9223372036854775807", "9223372036854775808", "1e308", "-0", "0x", "0o", ".",
      "~",
      "\"\"", "[]", "{}", "[[[]]]", "{a: {b: c}}", "\"\\0\"", "${", "$A", "${A:-${B}}", "nan", "1-2-3", "a:b:c:d", "::",
      "/../..", "\"\\e[31m\"", "'\u{202E}'", "é", "null", "true", "0.0000001", "1.7976931348623157e309h",
      "-9223372036854775808",
    ]
    let lines = FullStack.text.split(separator: "\n").map(String.init)
    for _ in 0..<60 {
      var changed = lines
      for _ in 0..<3 {
        let index = Int.random(in: 0..<lines.count, using: &random)
        guard let colon = changed[index].firstIndex(of: ":") else { continue }
        changed[index] = changed[index][...colon] + " " + values.randomElement(using: &random)!
      }
      check(Array(changed.joined(separator: "\n").utf8))
    }
  }

  private func check(_ bytes: [UInt8]) {
    let loaded = load(bytes: bytes, environment: ["A": "b"])
    #expect((loaded.result.plan == nil) == !loaded.errors.isEmpty)
    #expect(!loaded.text.utf8.contains(0x1B))
    let lines = loaded.result.sources[0].lineCount
    for finding in loaded.result.diagnostics {
      #expect(finding.primary.map { $0.start.line <= lines && $0.start.offset <= $0.end.offset } ?? true)
    }
    if let plan = loaded.result.plan {
      for service in plan.services { #expect(!service.fields.isEmpty && !service.layers.isEmpty) }
    }
  }
}
