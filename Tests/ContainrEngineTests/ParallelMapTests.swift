import Testing

@testable import ContainrEngine
@testable import ContainrHost

@Suite("Asking many at once")
struct ParallelMapTests {
  @Test("answers in the order of the questions", arguments: [0, 1, 7, 8, 100])
  func order(count: Int) throws {
    let answers = try ParallelMap.map(Array(0..<count)) { (item) throws(EngineError) in item * 2 }
    #expect(answers == (0..<count).map { $0 * 2 })
  }

  @Test("throws the first error in that order")
  func failure() {
    do {
      _ = try ParallelMap.map(Array(0..<100)) { (item) throws(EngineError) -> Int in
        if item >= 40 { throw EngineError(.kernel, "\(item)") }
        return item
      }
      Issue.record("no error")
    } catch { #expect(error.message == "40") }
  }
}
