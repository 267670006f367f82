// The live picture of `containr stats`: what is used now, and how that came about. Pure: moments in, lines out.
internal import ContainrEngine
internal import ContainrForeground

struct StatsScreen {
  /// Moments that are kept of each line.
  private static let moments = 120
  /// Names longer than that are cut, unless nothing may be.
  private static let nameWidth = 32

  let title: String
  let ink: Ink
  var order: StatsOrder
  var isUnicode = true
  /// Nothing is cut but by the edge of the screen.
  var isWhole = false
  /// Lines that have gone at the top.
  private var scroll = 0
  private var uses: [StackUse] = []
  private var processors: [String: [Double]] = [:]
  private var memory: [String: [Double]] = [:]
  /// Rows that the last picture had for lines.
  private var page = 1

  init(title: String, ink: Ink, order: StatsOrder) {
    self.title = title
    self.ink = ink
    self.order = order
  }

  /// The next moment.
  mutating func take(_ uses: [StackUse]) {
    self.uses = uses
    let names = Set(uses.map(\.name))
    processors = processors.filter { names.contains($0.key) }
    memory = memory.filter { names.contains($0.key) }
    for use in uses {
      if let share = use.processors { Self.append(share, to: &processors[use.name, default: []]) }
      if let bytes = use.memory { Self.append(Double(bytes), to: &memory[use.name, default: []]) }
    }
  }

  private static func append(_ value: Double, to values: inout [Double]) {
    values.append(value)
    if values.count > moments { values.removeFirst(values.count - moments) }
  }

  /// false: whoever pressed it wants to leave.
  mutating func press(_ key: ScreenKey) -> Bool {
    switch key {
    case .interrupt, .letter("q"), .letter("Q"): return false
    case .letter(let letter):
      if let order = StatsOrder.allCases.first(where: { $0.key == letter }) { self.order = order }
    case .up: scroll -= 1
    case .down: scroll += 1
    case .pageUp: scroll -= page
    case .pageDown: scroll += page
    case .home: scroll = 0
    case .end: scroll = uses.count
    case .suspend: break
    }
    return true
  }

  /// The lines for a screen of this size, never more and never wider.
  mutating func lines(rows: Int, columns: Int) -> [String] {
    let rows = max(rows, 1)
    page = max(1, rows - 3)
    scroll = max(0, min(scroll, uses.count - page))
    let shown = Array(order.sorted(uses).dropFirst(scroll).prefix(page))
    let graph = graphWidth(columns)
    var table = StatsView.table(shown.map(cut), more: true)
    if graph > 0 {
      table.headings.insert(("", .left), at: 2)
      table.headings.insert(("", .left), at: 5)
      for (index, use) in shown.enumerated() {
        let (share, bytes) = (processors[use.name] ?? [], memory[use.name] ?? [])
        // One processor is a full bar, or what was the most.
        let busiest = max(share.max() ?? 0, 0.1)
        let top = use.memoryLimit.map(Double.init) ?? max((bytes.max() ?? 0) * 1.25, 1)
        let unicode = isUnicode
        table.rows[index].insert(Sparkline.text(share, width: graph, top: busiest, isUnicode: unicode), at: 2)
        table.rows[index].insert(Sparkline.text(bytes, width: graph, top: top, isUnicode: unicode), at: 5)
      }
    }
    let hasGraph = graph > 0
    table.paint = { row, column in
      if hasGraph, column == 2 { return Ink.Colour.green.rawValue }
      if hasGraph, column == 5 { return Ink.Colour.cyan.rawValue }
      return shown[row].health == "unhealthy" && column == 0 ? Ink.Colour.red.rawValue : nil
    }
    let body = table.text(ink).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    let all = [head(columns)] + body + (rows > 3 ? [foot()] : [])
    return all.prefix(rows).map { Self.clipped($0, columns) }
  }

  /// Columns of a graph: what is left beside the numbers.
  private func graphWidth(_ columns: Int) -> Int {
    let left = columns - 112
    return left < 0 ? (columns >= 100 ? 6 : 0) : min(30, 8 + left / 2)
  }

  private func cut(_ use: StackUse) -> StackUse {
    guard !isWhole, use.name.count > Self.nameWidth else { return use }
    var use = use
    use.name = String(use.name.prefix(Self.nameWidth - 1)) + (isUnicode ? "…" : "~")
    return use
  }

  private func head(_ columns: Int) -> String {
    let shares = uses.compactMap(\.processors)
    let memory = uses.compactMap(\.memory)
    let unwell = uses.filter { $0.health == "unhealthy" }.count
    var text = ink.paint(Displayed.safe(title), .bold) + "  \(Displayed.count(uses.count, "line"))"
    // Nothing in use is a number, and nothing counted is none.
    let share = uses.isEmpty || !shares.isEmpty ? StatsView.hundredths(shares.reduce(0, +) * 100) + "%" : "-"
    let bytes = uses.isEmpty || !memory.isEmpty ? Displayed.bytes(memory.reduce(0, &+)) : "-"
    text += "  cpu \(share)  mem \(bytes)"
    if unwell > 0 { text += "  " + ink.paint("\(unwell) unhealthy", .red) }
    if scroll > 0 { text += "  from \(scroll + 1)" }
    return text
  }

  private func foot() -> String {
    let keys = StatsOrder.allCases.map { $0 == order ? "[\($0.key) \($0.rawValue)]" : "\($0.key) \($0.rawValue)" }
    return ink.paint("q leaves  " + keys.joined(separator: "  "), .dim)
  }

  /// As many characters as fit; sequences of colour take no room and are closed where something is cut.
  static func clipped(_ line: String, _ columns: Int) -> String {
    var (out, width, isInSequence, isColoured) = ("", 0, false, false)
    for character in line {
      if character == "\u{1B}" { (isInSequence, isColoured) = (true, true) }
      if isInSequence {
        out.append(character)
        if character == "m" { isInSequence = false }
        continue
      }
      if width == columns { return isColoured ? out + "\u{1B}[0m" : out }
      out.append(character)
      width += 1
    }
    return out
  }
}
