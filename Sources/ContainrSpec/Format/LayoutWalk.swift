// Goes through the tokens of a text with the blocks that are open, and writes down where each line belongs. Iterative.

struct LayoutWalk {
  /// One block collection that is open.
  private struct Block {
    enum Kind { case mapping, list, bareList }
    /// `bareList`: a list as deep as its key, which libyaml does not count as a level.
    let kind: Kind
    /// Where its entries begin, before and after.
    let old: Int
    let new: Int
  }

  private(set) var plan: LayoutPlan
  private var blocks: [Block] = []
  /// Open flow collections, and the line on which the outermost one began.
  private var flowDepth = 0
  private var flowLine = 0
  /// The last visible token.
  private var last: YAMLToken?
  /// The blocks that were open at the last visible token.
  private var blocksAtLast: [Block] = []

  init(plan: LayoutPlan) { self.plan = plan }

  /// Where a value goes that stands on a line of its own.
  private var childIndent: Int { blocks.last.map { $0.new + 2 } ?? 0 }

  mutating func walk(_ tokens: [YAMLToken]) {
    for token in tokens {
      open(token)
      guard token.isVisible || token.kind == .key else { continue }
      let isFirst = begins(token)
      // A key's own token takes no room; the scalar that follows finds the line placed.
      if isFirst, plan.lines[plan.line(at: token.start)] == nil { place(token) }
      guard token.isVisible else { continue }
      if flowDepth == 0 { closeGap(before: token) }
      follow(token)
      last = token
      blocksAtLast = blocks
    }
    comments(before: nil)
  }

  /// Keeps the list of open blocks.
  private mutating func open(_ token: YAMLToken) {
    guard flowDepth == 0 else { return }
    let column = plan.column(at: token.start)
    switch token.kind {
    case .blockMappingStart: blocks.append(Block(kind: .mapping, old: column, new: childIndent))
    case .blockSequenceStart: blocks.append(Block(kind: .list, old: column, new: childIndent))
    case .blockEntry:
      if blocks.last?.kind == .mapping { blocks.append(Block(kind: .bareList, old: column, new: childIndent)) }
    case .key, .value: if blocks.last?.kind == .bareList { blocks.removeLast() }
    case .blockEnd:
      if blocks.last?.kind == .bareList { blocks.removeLast() }
      if !blocks.isEmpty { blocks.removeLast() }
    default: break
    }
  }

  private func begins(_ token: YAMLToken) -> Bool {
    let line = plan.line(at: token.start)
    return plan.column(at: token.start) == plan.indent(of: line)
  }

  /// The token is the first one on its line.
  private mutating func place(_ token: YAMLToken) {
    let line = plan.line(at: token.start)
    if flowDepth > 0 {
      plan.lines[line] = .at(shifted(line, with: flowLine, atLeast: 0))
      return
    }
    let new =
      switch token.kind {
      case .blockEntry, .key, .value: blocks.last?.new ?? 0
      case .directive, .documentStart, .documentEnd: 0
      default: childIndent
      }
    comments(before: (plan.column(at: token.start), new))
    plan.lines[line] = .at(new)
  }

  /// As far to the left or right as the line on which the thing began.
  private func shifted(_ line: Int, with first: Int, atLeast least: Int) -> Int {
    guard case .at(let new) = plan.lines[first] else { return plan.indent(of: line) }
    return max(least, plan.indent(of: line) + new - plan.indent(of: first))
  }

  private mutating func follow(_ token: YAMLToken) {
    switch token.kind {
    case .flowStart:
      if flowDepth == 0 { flowLine = plan.line(at: token.start) }
      flowDepth += 1
    case .flowEnd:
      flowDepth -= 1
      if flowDepth == 0 { flowComments(until: plan.line(at: token.start)) }
    case .scalar(_, .literal), .scalar(_, .folded): block(token)
    case .scalar: furtherLines(token)
    default: break
    }
  }

  /// Lines of a flow collection that hold nothing but a comment.
  private mutating func flowComments(until end: Int) {
    guard end > flowLine else { return }
    for line in flowLine + 1...end where plan.lines[line] == nil && !plan.isBlank(line) {
      plan.lines[line] = .at(shifted(line, with: flowLine, atLeast: 0))
    }
  }

  /// The lines of a quoted or plain scalar after its first.
  private mutating func furtherLines(_ token: YAMLToken) {
    let first = plan.line(at: token.start)
    let end = plan.line(at: token.end)
    guard end > first else { return }
    for line in first..<end { plan.endsInScalar.insert(line) }
    for line in first + 1...end {
      if plan.isBlank(line) && line != end {
        plan.keptEmpty.insert(line)
      } else {
        plan.lines[line] = .at(shifted(line, with: first, atLeast: flowDepth > 0 ? 0 : childIndent))
      }
    }
  }

  /// The content of a literal or folded block.
  private mutating func block(_ token: YAMLToken) {
    let header = plan.line(at: token.start)
    var end = plan.column(at: token.end) == 0 ? plan.line(at: token.end) - 1 : plan.line(at: token.end)
    guard end > header else { return }
    let marks = plan.scalars(of: header)[token.start...].prefix { $0 != " " && $0 != "\t" && $0 != "#" }
    let isAtEnd = token.end == plan.source.scalars.count && plan.source.scalars.last != "\n"
    plan.endsOpen = isAtEnd && !marks.contains("-")
    let digit = marks.first { ("1"..."9").contains($0) }.map { Int($0.value) - 0x30 }
    // A list as deep as its key is no level for libyaml before, but is one afterwards.
    let oldLevel = blocks.last { $0.kind != .bareList }?.old ?? 0
    let newLevel = blocks.last?.new ?? 0
    let old: Int
    if let digit {
      old = oldLevel + digit
    } else {
      let firstText = (header + 1...end).first { !plan.isBlank($0) } ?? end
      old = (header + 1...firstText).map { plan.indent(of: $0) }.max() ?? 0
    }
    let new = newLevel + (digit ?? 2)
    // Behind the last line of content, empty lines count only with `+`.
    while end > header, !marks.contains("+"), plan.isBlank(end), plan.scalars(of: end).count <= old { end -= 1 }
    guard end > header else { return }
    for line in header + 1...end {
      plan.lines[line] = .block(from: old, to: new)
      plan.keptEmpty.insert(line)
    }
  }

  /// One blank behind a dash, a colon and a question mark, none between a key and its colon.
  private mutating func closeGap(before token: YAMLToken) {
    guard let last, last.end <= token.start, plan.line(at: last.end) == plan.line(at: token.start) else { return }
    let gap = plan.source.scalars[last.end..<token.start]
    guard gap.allSatisfy({ $0 == " " || $0 == "\t" }) else { return }
    let wanted: String
    switch (last.kind, token.kind) {
    case (.scalar, .value): wanted = ""
    case (.blockEntry, _), (.value, _), (.key, _): wanted = " "
    default: return
    }
    if gap.count != wanted.count || gap.first == "\t" {
      plan.edits.append(LayoutPlan.Edit(start: last.end, end: token.start, text: wanted))
    }
  }
}

extension LayoutWalk {
  /// Places the comments that stand on lines of their own between the last token and the next, which goes from one column
  /// to another; nil: there is no next.
  private mutating func comments(before next: (old: Int, new: Int)?) {
    let start = last.map { plan.line(at: $0.end) + (plan.column(at: $0.end) == 0 ? 0 : 1) } ?? 0
    var line = start
    let beside = start > 0 ? commentBeside(line: start - 1) : nil
    while line < plan.lines.count, plan.lines[line] == nil {
      let scalars = plan.scalars(of: line)
      if scalars.first(where: { $0 != " " && $0 != "\t" }) == "#" {
        let old = plan.indent(of: line)
        // Goes on with what was said beside the line above.
        let goesOn = beside.map { $0.old == old && old > (next?.old ?? 0) } ?? false
        plan.lines[line] = .at(goesOn ? beside!.new : column(of: old, next))
      } else if !plan.isBlank(line) {
        return  // the line of the next token
      }
      line += 1
    }
  }

  /// Where the comment behind the last token begins, before and after.
  private func commentBeside(line: Int) -> (old: Int, new: Int)? {
    guard let last, plan.line(at: last.end) == line, case .at(let indent) = plan.lines[line] else { return nil }
    let scalars = plan.scalars(of: line)
    guard let mark = scalars[min(last.end, scalars.endIndex)...].firstIndex(of: "#") else { return nil }
    var moved = indent - plan.indent(of: line)
    for edit in plan.edits.reversed() {
      if edit.start < scalars.startIndex { break }
      moved += edit.text.unicodeScalars.count - (edit.end - edit.start)
    }
    let old = plan.column(at: mark)
    return (old, old + moved)
  }

  /// A comment belongs to what follows, unless it stands deeper than that: then to the block that it stands in.
  private func column(of comment: Int, _ next: (old: Int, new: Int)?) -> Int {
    if let next, comment <= next.old { return next.new }
    let least = next?.new ?? 0
    guard let block = blocksAtLast.last(where: { $0.old <= comment }) else { return least }
    let isInnermost = block.old == blocksAtLast.last?.old && block.new == blocksAtLast.last?.new
    // Below a key or a dash without a value, it stands where the value would.
    let isOpen = last?.kind == .value || last?.kind == .blockEntry
    return max(least, isInnermost && isOpen && comment > block.old ? block.new + 2 : block.new)
  }
}
