// The source lines of one finding with carets below them. Lines of other files follow under their own arrow.

struct SourceSnippet {
  /// Wider lines are cut to a window around what is marked.
  private static let window = 160
  let margin: Int
  let text: String

  private struct Mark {
    let span: SourceSpan
    let label: String
    let isPrimary: Bool
  }

  init(_ diagnostic: Diagnostic, primary: SourceSpan, sources: [SourceText], painter: Painter) {
    var marks = [Mark(span: primary, label: diagnostic.label ?? "", isPrimary: true)]
    marks += diagnostic.secondary.map { Mark(span: $0.span, label: $0.label, isPrimary: false) }
    let margin = marks.map { String($0.span.start.line).count }.max() ?? 1
    let gutter = String(repeating: " ", count: margin)
    var out = ""
    var files: [String] = []
    for mark in marks where !files.contains(mark.span.file) { files.append(mark.span.file) }
    for file in files {
      let here = marks.filter { $0.span.file == file }
      let start = here[0].span.start
      let arrow = out.isEmpty ? "-->" : ":::"
      let place = "\(file):\(start.line):\(start.column)"
      out += "\(gutter)\(painter.paint(arrow, as: .frame)) \(DisplayText.safe(place))\n"
      guard let source = sources.first(where: { $0.file == file }) else { continue }
      out += Self.lines(here, of: source, gutter: gutter, severity: diagnostic.severity, painter: painter)
    }
    self.margin = margin
    text = out
  }

  private static func lines(
    _ marks: [Mark], of source: SourceText, gutter: String, severity: Diagnostic.Severity, painter: Painter
  ) -> String {
    var out = "\(gutter) \(painter.paint("|", as: .frame))\n"
    var previous: Int?
    for number in Set(marks.map(\.span.start.line)).sorted() {
      guard let line = source.lineScalars(number) else { continue }
      if let previous, number > previous + 1 { out += "\(painter.paint("...", as: .frame))\n" }
      previous = number
      let here = marks.filter { $0.span.start.line == number }.sorted { $0.span.start.column < $1.span.start.column }
      let first = here[0].span.start.column - 1
      let from = line.count > window && first > window / 2 ? first - window / 2 : 0
      let upTo = min(line.count, from + window)
      var shown = String.UnicodeScalarView()
      if from < upTo {
        shown.append(contentsOf: line[line.startIndex + from..<line.startIndex + upTo].map(DisplayText.cell))
      }
      let text = (from > 0 ? "…" : "") + String(shown) + (upTo < line.count ? "…" : "")
      let label = String(repeating: " ", count: gutter.count - String(number).count) + String(number)
      out += trimmed("\(painter.paint("\(label) |", as: .frame)) \(text)") + "\n"
      for mark in here {
        let indent = width(line, from, mark.span.start.column - 1) + (from > 0 ? 1 : 0)
        let end = mark.span.end.line == number ? mark.span.end.column - 1 : line.count
        let length = max(1, width(line, max(from, mark.span.start.column - 1), min(end, upTo)))
        let caret = String(repeating: mark.isPrimary ? "^" : "-", count: length)
        let words = mark.label.isEmpty ? caret : "\(caret) \(DisplayText.safe(mark.label))"
        let style: Painter.Style = mark.isPrimary ? .of(severity) : .frame
        let space = String(repeating: " ", count: indent)
        out += "\(gutter) \(painter.paint("|", as: .frame)) \(space)\(painter.paint(words, as: style))\n"
      }
    }
    return out
  }

  private static func width(_ line: ArraySlice<Unicode.Scalar>, _ from: Int, _ upTo: Int) -> Int {
    let upTo = min(upTo, line.count)
    guard from < upTo else { return 0 }
    return line[line.startIndex + from..<line.startIndex + upTo].reduce(0) { $0 + DisplayText.width($1) }
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
