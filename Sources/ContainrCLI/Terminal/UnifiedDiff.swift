// Two texts as a unified diff, the form that patch(1) reads. Pure.
internal import ContainrForeground

struct UnifiedDiff: Sendable {
  private enum Line: Equatable {
    case same(Substring)
    case removed(Substring)
    case added(Substring)
  }

  /// Lines of context around a change.
  private static let context = 3
  private let lines: [Line]
  private let name: String

  /// Of the text of a file before and after.
  init(_ old: String, _ new: String, name: String) {
    self.name = name
    lines = Self.lines(Self.split(old), Self.split(new))
  }

  /// The diff; empty if the texts are equal. For a terminal, control characters are made visible.
  func text(_ ink: Ink, isForTerminal: Bool = false) -> String {
    let hunks = hunks()
    guard !hunks.isEmpty else { return "" }
    var text =
      ink.paint("--- \(Displayed.safe(name))", .bold) + "\n" + ink.paint("+++ \(Displayed.safe(name))", .bold) + "\n"
    for hunk in hunks { text += self.text(of: hunk, ink, isForTerminal ? Displayed.safe : { $0 }) }
    return text
  }

  /// Lines with their ends, so that a last line without one differs from one with it.
  private static func split(_ text: String) -> [Substring] {
    var lines: [Substring] = []
    var rest = text[...]
    while let end = rest.utf8.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest[...end])
      rest = rest[rest.utf8.index(after: end)...]
    }
    if !rest.isEmpty { lines.append(rest) }
    return lines
  }

  private static func lines(_ old: [Substring], _ new: [Substring]) -> [Line] {
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var lines: [Line] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left), left < old.count {
        lines.append(.removed(old[left]))
        left += 1
      } else if added.contains(right), right < new.count {
        lines.append(.added(new[right]))
        right += 1
      } else {
        lines.append(.same(old[left]))
        left += 1
        right += 1
      }
    }
    return lines
  }

  /// Stretches of changes with their context, those that touch put together.
  private func hunks() -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for (index, line) in lines.enumerated() {
      if case .same = line { continue }
      let start = max(0, index - Self.context)
      let end = min(lines.count, index + Self.context + 1)
      if let last = hunks.last, last.upperBound >= start {
        hunks[hunks.count - 1] = last.lowerBound..<end
      } else {
        hunks.append(start..<end)
      }
    }
    return hunks
  }

  private func text(of hunk: Range<Int>, _ ink: Ink, _ shown: (String) -> String) -> String {
    func counts(_ lines: ArraySlice<Line>) -> (old: Int, new: Int) {
      lines.reduce(into: (0, 0)) { sums, line in
        switch line {
        case .same: sums = (sums.0 + 1, sums.1 + 1)
        case .removed: sums.0 += 1
        case .added: sums.1 += 1
        }
      }
    }
    let before = counts(lines[..<hunk.lowerBound])
    let here = counts(lines[hunk])
    // A stretch without lines is named by the line in front of it.
    let head =
      "@@ -\(before.old + (here.old > 0 ? 1 : 0)),\(here.old) +\(before.new + (here.new > 0 ? 1 : 0)),\(here.new) @@"
    var text = ink.paint(head, .cyan) + "\n"
    for line in lines[hunk] {
      switch line {
      case .same(let content): text += self.line(" ", content, shown)
      case .removed(let content): text += self.line("-", content, { ink.paint(shown($0), .red) })
      case .added(let content): text += self.line("+", content, { ink.paint(shown($0), .green) })
      }
    }
    return text
  }

  private func line(_ mark: String, _ content: Substring, _ paint: (String) -> String) -> String {
    let isWhole = content.utf8.last == UInt8(ascii: "\n")
    let body = isWhole ? String(decoding: content.utf8.dropLast(), as: UTF8.self) : String(content)
    return paint(mark + body) + "\n" + (isWhole ? "" : "\\ No newline at end of file\n")
  }
}
