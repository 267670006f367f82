// A table of text with aligned columns. Pure.
internal import ContainrForeground

/// Rows under headings; the last column is not padded.
struct Table: Sendable {
  enum Alignment: Sendable { case left, right }

  var headings: [(title: String, alignment: Alignment)]
  var rows: [[String]] = []
  /// The ANSI sequence of a cell, or nil.
  var paint: (@Sendable (_ row: Int, _ column: Int) -> String?)?

  init(_ headings: [(title: String, alignment: Alignment)]) { self.headings = headings }

  /// The lines, each ended by a newline.
  func text(_ ink: Ink) -> String {
    var widths = headings.map { Displayed.width($0.title) }
    let rows = rows.map { $0.map(Displayed.safe) }
    for row in rows {
      for (column, cell) in row.enumerated() { widths[column] = max(widths[column], Displayed.width(cell)) }
    }
    func line(_ cells: [String], sequence: (Int) -> String?) -> String {
      var out = ""
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - Displayed.width(cell))
        let painted = sequence(column).map { ink.paint(cell, sequence: $0) } ?? cell
        switch headings[column].alignment {
        case .right: out += padding + painted
        case .left: out += column == cells.count - 1 ? painted : painted + padding
        }
        if column < cells.count - 1 { out += "  " }
      }
      // A last empty cell leaves no blanks at the end of the line.
      while out.hasSuffix(" ") { out.removeLast() }
      return out + "\n"
    }
    var text = line(headings.map(\.title)) { _ in Ink.Colour.bold.rawValue }
    for (index, row) in rows.enumerated() { text += line(row) { paint?(index, $0) } }
    return text
  }
}
