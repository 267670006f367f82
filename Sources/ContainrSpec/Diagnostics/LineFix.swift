// Fixes that concern whole lines: an entry that is removed, tabs that indent.

enum LineFix {
  /// Removes `key: value` from lines that hold nothing else; a comment behind it stays.
  static func remove(_ entry: YAMLEntry, _ source: SourceText, _ message: String) -> [Diagnostic.Fix] {
    let scalars = source.scalars
    let (start, end) = (entry.keySpan.start.offset, max(entry.value.span.end.offset, entry.keySpan.end.offset))
    guard entry.keySpan.file == source.file, entry.value.span.file == source.file, end <= scalars.count,
      entry.value.span.start.line == entry.keySpan.start.line, entry.value.span.end.line == entry.keySpan.start.line
    else { return [] }
    // An anchor, a tag or an alias between the two may be needed elsewhere.
    let between = entry.keySpan.end.offset..<max(entry.keySpan.end.offset, entry.value.span.start.offset)
    guard scalars[between].allSatisfy({ $0 == ":" || $0 == " " || $0 == "\t" }) else { return [] }
    var from = start
    while from > 0, !SourceText.isBreak(scalars[from - 1]) {
      guard scalars[from - 1] == " " else { return [] }
      from -= 1
    }
    var upTo = end
    while upTo < scalars.count, scalars[upTo] == " " || scalars[upTo] == "\t" || scalars[upTo] == ":" { upTo += 1 }
    if upTo < scalars.count, scalars[upTo] == "#" {
      return [Diagnostic.Fix(message, source.span(start, upTo), "", .always)]
    }
    guard upTo == scalars.count || SourceText.isBreak(scalars[upTo]) else { return [] }
    if upTo < scalars.count {
      upTo += scalars[upTo] == "\r" && upTo + 1 < scalars.count && scalars[upTo + 1] == "\n" ? 2 : 1
    }
    return [Diagnostic.Fix(message, source.span(from, upTo), "", .always)]
  }

  /// Spaces instead of the tabs that indent lines; certain only if tabs alone do, and no block text counts them.
  static func untab(_ source: SourceText) -> [Diagnostic.Fix] {
    var edits: [Diagnostic.Fix.Edit] = []
    var isCertain = true
    for number in 1...source.lineCount {
      guard let line = source.lineScalars(number), let first = line.first, first == " " || first == "\t" else {
        continue
      }
      let indent = line.prefix { $0 == " " || $0 == "\t" }
      if indent.count == line.count {
        // A line of blanks alone says nothing, but a tab in it is in the way of the reader.
        if indent.contains("\t") {
          edits.append(.init(span: source.span(indent.startIndex, indent.endIndex), replacement: ""))
        }
        continue
      }
      if !indent.allSatisfy({ $0 == "\t" }) || line.last == "|" || line.last == ">" { isCertain = false }
      var width = 0
      // A tab leads to the next column that two spaces a level would reach.
      for scalar in indent { width += scalar == "\t" ? 2 - width % 2 : 1 }
      guard indent.contains("\t") else { continue }
      edits.append(
        .init(span: source.span(indent.startIndex, indent.endIndex), replacement: String(repeating: " ", count: width)))
      if edits.count > 10_000 { return [] }
    }
    guard !edits.isEmpty else { return [] }
    let fix = Diagnostic.Fix("indent with spaces", edits: edits, applicability: isCertain ? .always : .maybe)
    return [fix]
  }
}
