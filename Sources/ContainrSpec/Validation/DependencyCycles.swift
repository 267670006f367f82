// Finds services that wait for each other in a circle. Iterative, so that a long chain cannot exhaust the stack.

struct DependencyCycles {
  let context: LoadContext

  /// How many services of a cycle are named.
  private static let shown = 12

  private enum Mark { case open, done }

  func check(_ services: [ServiceDraft]) {
    let index = Dictionary(services.map { ($0.plan.name, $0) }, uniquingKeysWith: { first, _ in first })
    var marks: [String: Mark] = [:]
    var reported: Set<String> = []
    for root in services where marks[root.plan.name] == nil {
      var path: [(name: String, next: Int)] = [(root.plan.name, 0)]
      marks[root.plan.name] = .open
      while let top = path.last {
        let dependencies = index[top.name]?.plan.dependsOn ?? []
        guard top.next < dependencies.count else {
          marks[top.name] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let target = dependencies[top.next].service
        if marks[target] == nil, index[target] != nil {
          marks[target] = .open
          path.append((target, 0))
        } else if marks[target] == .open, reported.insert(target).inserted,
          let start = path.firstIndex(where: { $0.name == target })
        {
          report(path[start...].map(\.name), index)
        }
      }
    }
  }

  private func report(_ cycle: [String], _ index: [String: ServiceDraft]) {
    guard !context.sink.isFull else { return }
    let names = cycle.count > Self.shown ? cycle.prefix(Self.shown) + ["…"] : cycle[...]
    let chain = (names + [cycle[0]]).joined(separator: " → ")
    let edges = cycle.prefix(Self.shown).enumerated().compactMap { position, name -> Diagnostic.Label? in
      let target = cycle[(position + 1) % cycle.count]
      guard let span = index[name]?.span("depends_on.\(target)") else { return nil }
      return Diagnostic.Label(span: span, label: "'\(name)' waits for '\(target)'")
    }.sorted { $0.span.start.offset < $1.span.start.offset }
    context.error(
      .dependencyCycle, "services wait for each other: \(chain)", at: edges[0].span, label: edges[0].label,
      secondary: Array(edges.dropFirst()), help: "remove one of these entries of 'depends_on'")
  }
}
