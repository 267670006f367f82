// Where the changes of a changeset stand in a picture: columns by what they wait for, rows with few crossings. Pure.
internal import ContainrReconcile

/// One placed change. Lengths in pixels.
struct GraphNode: Sendable, Hashable {
  var index: Int
  var title: String
  var words: String
  var x: Double
  var y: Double
  var width: Double
  static let height = 38.0
}

/// A changeset laid out from left to right.
struct GraphLayout: Sendable {
  private static let gap = (column: 60.0, row: 14.0)
  /// Of the monospaced font that the pictures ask for.
  private static let characterWidth = 7.3

  private(set) var nodes: [GraphNode] = []
  private(set) var width = 0.0
  private(set) var height = 0.0
  /// Pairs of indices: what is waited for, who waits, and whether a failure of the first keeps the second from running.
  private(set) var edges: [(from: Int, to: Int, isHard: Bool)] = []

  init(_ changeset: Changeset) {
    let changes = changeset.changes
    var level = [Int](repeating: 0, count: changes.count)
    for (index, change) in changes.enumerated() {
      // Dependencies point to lower indices only.
      level[index] = (change.dependencies + change.after).map { level[$0] + 1 }.max() ?? 0
    }
    edges = Self.edges(changes)
    var columns = [[Int]](repeating: [], count: (level.max() ?? -1) + 1)
    for index in changes.indices { columns[level[index]].append(index) }
    var place = [Double](repeating: 0, count: changes.count)
    for column in columns.indices {
      if column > 0 {
        // By the middle of what is waited for: neighbours stay neighbours.
        let middle = columns[column].map { index -> (Int, Double) in
          let before = changes[index].dependencies + changes[index].after
          return (index, before.map { place[$0] }.reduce(0, +) / Double(max(1, before.count)))
        }
        columns[column] = middle.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }.map(\.0)
      }
      for (row, index) in columns[column].enumerated() { place[index] = Double(row) }
    }
    var x = 20.0
    for column in columns {
      let made = column.map { Self.node($0, changes[$0]) }
      let widest = made.map(\.width).max() ?? 0
      for (row, var node) in made.enumerated() {
        node.x = x
        node.y = 20 + Double(row) * (GraphNode.height + Self.gap.row)
        node.width = widest
        nodes.append(node)
        height = max(height, node.y + GraphNode.height + 20)
      }
      x += widest + Self.gap.column
    }
    width = max(x - Self.gap.column + 20, 40)
    height = max(height, 40)
    nodes.sort { $0.index < $1.index }
  }

  private static func node(_ index: Int, _ change: Change) -> GraphNode {
    let words = change.pictureWords
    let title = change.pictureTitle
    let width = Double(max(title.count, words.count)) * characterWidth + 20
    return GraphNode(index: index, title: title, words: words, x: 0, y: 0, width: width)
  }

  /// What follows from other edges is left out: the picture says the same without them.
  private static func edges(_ changes: [Change]) -> [(from: Int, to: Int, isHard: Bool)] {
    var reaches = [Set<Int>](repeating: [], count: changes.count)
    var edges: [(from: Int, to: Int, isHard: Bool)] = []
    for (index, change) in changes.enumerated() {
      let direct = change.dependencies + change.after
      let indirect = direct.reduce(into: Set<Int>()) { $0.formUnion(reaches[$1]) }
      for from in direct.sorted() where !indirect.contains(from) {
        edges.append((from, index, change.dependencies.contains(from)))
      }
      reaches[index] = indirect.union(direct)
    }
    return edges
  }
}

extension Change {
  /// What is done, and in which place of a rolling update: `create (start-first, 1 of 3)`.
  var pictureWords: String { action.verb + (rollout.map { " (\($0.words))" } ?? "") }

  /// What the change is called in a picture: a layer by its file's name alone.
  var pictureTitle: String {
    guard case .prepareLayer(let path) = action, let name = path.split(separator: "/").last else { return address }
    return "layer \(name)"
  }
}
