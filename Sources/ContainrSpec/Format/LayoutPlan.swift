// Where every line of a file begins in the house's layout, and which gaps in it shrink to one blank. Filled by LayoutWalk,
// written out here.

/// How the lines of one text are laid out anew.
struct LayoutPlan {
  enum Line {
    /// Nothing but blanks; several in a row become one.
    case empty
    /// Its first character that is no blank goes to this column.
    case at(Int)
    /// Content of a literal or folded block: so many columns fewer or more, blanks at the end stay.
    case block(from: Int, to: Int)
  }

  /// A stretch of the source that is written as something else.
  struct Edit {
    let start: Int
    let end: Int
    let text: String
  }

  let source: SourceText
  /// For every line, counted from 0; nil: no token has said anything about it.
  var lines: [Line?]
  /// In the order of their places, not overlapping.
  var edits: [Edit] = []
  /// Lines whose end lies within a scalar: what stands there is content.
  var endsInScalar: Set<Int> = []
  /// Empty lines that are content, and stay as many as they are.
  var keptEmpty: Set<Int> = []

  /// The text ends within a block that would have one more line break for a break at the end of the file.
  var endsOpen = false

  init(_ source: SourceText) {
    self.source = source
    lines = Array(repeating: nil, count: source.lineCount)
  }

  /// The line, counted from 0, that a place is on.
  func line(at offset: Int) -> Int { source.position(at: offset).line - 1 }

  /// The column, counted from 0, of a place.
  func column(at offset: Int) -> Int { source.position(at: offset).column - 1 }

  /// How many blanks a line begins with.
  func indent(of line: Int) -> Int { scalars(of: line).prefix { $0 == " " }.count }

  func scalars(of line: Int) -> ArraySlice<Unicode.Scalar> { source.lineScalars(line + 1) ?? [] }

  func isBlank(_ line: Int) -> Bool { scalars(of: line).allSatisfy { $0 == " " || $0 == "\t" } }

  mutating func take(_ tokens: [YAMLToken]) {
    var walk = LayoutWalk(plan: self)
    walk.walk(tokens)
    self = walk.plan
  }

  /// The new text, with a line break at its end unless that would be content; empty if there is nothing but blanks.
  func text() -> String {
    var out = String.UnicodeScalarView()
    var empty = false
    var edits = edits[...]
    for line in lines.indices {
      let scalars = scalars(of: line)
      if isBlank(line), !isBlockContent(line) {
        if keptEmpty.contains(line) { out.append("\n") } else { empty = true }
        continue
      }
      if empty, !out.isEmpty { out.append("\n") }
      empty = false
      append(scalars, line: line, edits: &edits, to: &out)
      out.append("\n")
    }
    if endsOpen, out.last == "\n" { out.removeLast() }
    return String(out)
  }

  private func isBlockContent(_ line: Int) -> Bool {
    if case .block(let from, _) = lines[line] { return scalars(of: line).count > from }
    return false
  }

  private func append(
    _ scalars: ArraySlice<Unicode.Scalar>, line: Int, edits: inout ArraySlice<Edit>,
    to out: inout String.UnicodeScalarView
  ) {
    if case .block(let from, let to) = lines[line] {
      out.append(contentsOf: String(repeating: " ", count: to).unicodeScalars)
      out.append(contentsOf: scalars.dropFirst(from))
      return
    }
    let body = scalars.drop { $0 == " " || $0 == "\t" }
    if case .at(let column) = lines[line] {
      out.append(contentsOf: String(repeating: " ", count: column).unicodeScalars)
    } else {
      out.append(contentsOf: scalars[..<body.startIndex])
    }
    var place = body.startIndex
    while let edit = edits.first, edit.start < scalars.endIndex {
      edits.removeFirst()
      out.append(contentsOf: scalars[place..<max(place, edit.start)])
      out.append(contentsOf: edit.text.unicodeScalars)
      place = max(place, edit.end)
    }
    var end = scalars.endIndex
    if !endsInScalar.contains(line) {
      while end > place, scalars[end - 1] == " " || scalars[end - 1] == "\t" { end -= 1 }
    }
    out.append(contentsOf: scalars[place..<end])
  }
}
