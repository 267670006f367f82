import Synchronization
import ContainrSystem
import Testing

@testable import ContainrEngine

@Suite("Walking a graph")
struct GraphWalkTests {
  private final class Record: Sendable {
    let order = Mutex<[Int]>([])
    let running = Mutex<(now: Int, most: Int)>((0, 0))
  }

  private func walk(
    _ nodes: [GraphWalk.Node], width: Int = 4, failing: Set<Int> = []
  ) throws -> (ends: [NodeEnd], order: [Int], most: Int) {
    let record = Record()
    let ends = try GraphWalk(nodes: nodes, width: width).run(
      { index in
        record.running.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        record.order.withLock { $0.append(index) }
        record.running.withLock { $0.now -= 1 }
        return failing.contains(index) ? .failed("no") : .done
      }, skipped: { _, _ in })
    return (ends, record.order.withLock { $0 }, record.running.withLock { $0.most })
  }

  private func node(_ dependencies: [Int] = [], after: [Int] = [], isWait: Bool = false) -> GraphWalk.Node {
    GraphWalk.Node(dependencies: dependencies, after: after, isWait: isWait)
  }

  @Test("does every node once, dependencies first", arguments: [1, 2, 8])
  func order(width: Int) throws {
    let nodes = (0..<200).map { index in node(index == 0 ? [] : [(index - 1) / 2]) }
    let result = try walk(nodes, width: width)
    #expect(result.ends.allSatisfy { $0 == .done })
    #expect(result.order.sorted() == Array(0..<200))
    for (position, index) in result.order.enumerated() where index > 0 {
      #expect(result.order.firstIndex(of: (index - 1) / 2)! < position)
    }
    #expect(result.most <= width)
  }

  @Test("skips what needs a failed node, and names the failure behind it")
  func failure() throws {
    let result = try walk([node(), node([0]), node([1]), node()], failing: [0])
    #expect(result.ends == [.failed("no"), .skipped(because: 0), .skipped(because: 0), .done])
    #expect(result.order.sorted() == [0, 3])
  }

  @Test("goes on after a failure where only the order was asked for")
  func tolerance() throws {
    let result = try walk([node(), node(after: [0]), node([1])], failing: [0])
    #expect(result.ends == [.failed("no"), .done, .done])
  }

  @Test("lets no wait take the place of work")
  func waits() throws {
    let gate = Monitor(false)
    let ends = try GraphWalk(
      nodes: [node(isWait: true), node(isWait: true), node(isWait: true), node()], width: 1
    ).run(
      { index in
        if index == 3 { gate.update { $0 = true } } else { gate.wait { $0 ? () : nil } }
        return .done
      }, skipped: { _, _ in })
    #expect(ends == [.done, .done, .done, .done])
  }

  @Test("of nothing is nothing")
  func empty() throws { #expect(try walk([]).ends.isEmpty) }
}
