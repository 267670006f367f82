// Walks a DAG with bounded width: a node ends done, failed or skipped because of another. Knows nothing of containers.
internal import ContainrHost
internal import ContainrSystem

/// How a node ended.
enum NodeEnd: Sendable, Hashable {
  case done
  case failed(String)
  /// The index of the failed node behind it.
  case skipped(because: Int)
}

/// One walk.
struct GraphWalk: Sendable {
  struct Node: Sendable {
    /// Have to be done; a failure skips this node.
    var dependencies: [Int]
    /// Have to have ended.
    var after: [Int]
    /// Only waits for something: does not count against the width.
    var isWait: Bool
  }

  let nodes: [Node]
  let width: Int

  private struct State {
    var ends: [NodeEnd?]
    var ready: [Int] = []
    var missing: [Int]
    var running = 0
    var open: Int
  }

  /// Runs all nodes; answers how each ended. `run` is called from several threads.
  func run(
    _ run: @escaping @Sendable (Int) -> NodeEnd, skipped: @escaping @Sendable (Int, Int) -> Void
  ) throws(EngineError) -> [NodeEnd] {
    if nodes.isEmpty { return [] }
    var successors = [[Int]](repeating: [], count: nodes.count)
    var initial = State(
      ends: [NodeEnd?](repeating: nil, count: nodes.count), missing: [Int](repeating: 0, count: nodes.count),
      open: nodes.count)
    for (index, node) in nodes.enumerated() {
      let before = Set(node.dependencies).union(node.after)
      initial.missing[index] = before.count
      for other in before { successors[other].append(index) }
      if before.isEmpty { initial.ready.append(index) }
    }
    let monitor = Monitor(initial)
    let followers = successors
    let finish: @Sendable (Int, NodeEnd) -> Void = { index, end in
      var skips: [(Int, Int)] = []
      monitor.update { state in
        var ended = [(index, end)]
        while let (node, end) = ended.popLast() {
          state.ends[node] = end
          state.open -= 1
          for next in followers[node] {
            state.missing[next] -= 1
            guard state.missing[next] == 0 else { continue }
            if let cause = self.cause(of: next, state.ends) {
              skips.append((next, cause))
              ended.append((next, .skipped(because: cause)))
            } else {
              state.ready.append(next)
            }
          }
        }
        state.ready.sort(by: >)
      }
      for (node, cause) in skips { skipped(node, cause) }
    }
    try walk(monitor, run: run, finish: finish)
    return monitor.wait { state in state.ends.map { $0 ?? .skipped(because: 0) } }
  }

  /// Hands ready nodes to threads. Workers are few and stay; a wait has its own.
  private func walk(
    _ monitor: Monitor<State>, run: @escaping @Sendable (Int) -> NodeEnd,
    finish: @escaping @Sendable (Int, NodeEnd) -> Void
  ) throws(EngineError) {
    let workers = min(width, nodes.count)
    let living = Monitor(0)
    for number in 0..<workers {
      living.update { $0 += 1 }
      do throws(SyscallError) {
        try WorkerThread.start {
          while let index = monitor.wait({ state in Self.next(&state, waits: false, nodes: nodes) }) {
            finish(index, run(index))
          }
          living.update { $0 -= 1 }
        }
      } catch {
        living.update { $0 -= 1 }
        if number == 0 { throw EngineError(.kernel, error.description) }
        break  // fewer threads only make it slower
      }
    }
    while let index = monitor.wait({ state in Self.next(&state, waits: true, nodes: nodes) }) {
      do throws(SyscallError) {
        try WorkerThread.start { finish(index, run(index)) }
      } catch {
        finish(index, .failed(error.description))
      }
    }
    // No thread may touch what belongs to this call after its end.
    living.wait { $0 == 0 ? () : nil }
  }

  /// A ready node; nil inside: nothing is left; nil: wait.
  private static func next(_ state: inout State, waits: Bool, nodes: [Node]) -> Int?? {
    if let position = state.ready.lastIndex(where: { nodes[$0].isWait == waits }) {
      return .some(.some(state.ready.remove(at: position)))
    }
    return state.open == 0 ? .some(.none) : .none
  }

  private func cause(of node: Int, _ ends: [NodeEnd?]) -> Int? {
    for dependency in nodes[node].dependencies {
      switch ends[dependency] {
      case .failed: return dependency
      case .skipped(let cause): return cause
      case .done, nil: continue
      }
    }
    return nil
  }
}
