// Fixes for scalars and keys: rewritten where they stand, in the quotes that they have, and only where that is certain.

/// Rewrites stretches of one source that hold a plain or quoted text on one line.
struct NodeFix {
  let source: SourceText

  /// Replaces the text of a scalar or key; nil if the source does not hold exactly this text there.
  func rewrite(
    _ span: SourceSpan, _ old: String, _ new: String, _ applicability: Diagnostic.Fix.Applicability,
    _ message: String? = nil
  ) -> Diagnostic.Fix? {
    guard let inner = inner(span), text(inner) == old else { return nil }
    return replace(inner, in: span, new, applicability, message ?? "replace '\(old)' by '\(new)'")
  }

  /// Replaces the first part of a text such as `data:/srv`, up to its first colon.
  func rewriteHead(
    _ span: SourceSpan, _ old: String, _ new: String, _ applicability: Diagnostic.Fix.Applicability
  ) -> Diagnostic.Fix? {
    guard let inner = inner(span), text(inner).hasPrefix(old + ":") else {
      return rewrite(span, old, new, applicability)
    }
    let head = inner.lowerBound..<inner.lowerBound + old.unicodeScalars.count
    return replace(head, in: span, new, applicability, "replace '\(old)' by '\(new)'")
  }

  /// Puts a plain scalar into double quotes.
  func quote(_ span: SourceSpan, _ old: String) -> Diagnostic.Fix? {
    let range = span.start.offset..<span.end.offset
    guard isInside(range), text(range) == old, !old.contains("\""), !old.contains("\\") else { return nil }
    return Diagnostic.Fix("quote \(old)", span, "\"\(old)\"", .always)
  }

  private func replace(
    _ range: Range<Int>, in span: SourceSpan, _ new: String, _ applicability: Diagnostic.Fix.Applicability,
    _ message: String
  ) -> Diagnostic.Fix? {
    let isQuoted = range.lowerBound > span.start.offset
    guard isQuoted ? !new.unicodeScalars.contains(where: Self.needsEscape) : Self.isPlain(new) else { return nil }
    return Diagnostic.Fix(message, source.span(range.lowerBound, range.upperBound), new, applicability)
  }

  /// Where the text itself stands, without its quotes.
  private func inner(_ span: SourceSpan) -> Range<Int>? {
    let range = span.start.offset..<span.end.offset
    guard isInside(range), !range.isEmpty else { return nil }
    let first = source.scalars[range.lowerBound]
    guard first == "\"" || first == "'" else { return range }
    guard range.count >= 2, source.scalars[range.upperBound - 1] == first else { return nil }
    return range.lowerBound + 1..<range.upperBound - 1
  }

  private func isInside(_ range: Range<Int>) -> Bool { range.upperBound <= source.scalars.count }

  private func text(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source.scalars[range])
    return String(view)
  }

  private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\"" || scalar == "'" || scalar == "\\" || scalar.value < 0x20
  }

  /// Whether the text can stand without quotes anywhere and reads as itself.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || ("0"..."9").contains(first) else {
      return false
    }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || ["_", "-", ".", "/", "+"].contains(scalar)
    }
  }
}

extension LoadContext {
  /// Where a span's fixes are made; nil if its text is not at hand.
  func fixer(for span: SourceSpan) -> NodeFix? {
    sources.first { $0.file == span.file }.map(NodeFix.init)
  }

  /// The fix that writes `new` instead of a scalar; none for values that interpolation changed.
  func rewriting(
    _ node: YAMLNode, to new: String, _ applicability: Diagnostic.Fix.Applicability
  ) -> [Diagnostic.Fix] {
    guard let scalar = node.scalar, scalar.interpolation == nil, !sink.isFull else { return [] }
    return [fixer(for: node.span)?.rewrite(node.span, scalar.text, new, applicability)].compactMap { $0 }
  }

  /// The fix that quotes a plain scalar.
  func quoting(_ node: YAMLNode) -> [Diagnostic.Fix] {
    guard let scalar = node.scalar, scalar.interpolation == nil, !sink.isFull else { return [] }
    return [fixer(for: node.span)?.quote(node.span, scalar.text)].compactMap { $0 }
  }

  /// The fix that replaces a name, or the name before the first colon. What a name refers to is never certain.
  func renaming(_ span: SourceSpan, _ old: String, to new: String?) -> [Diagnostic.Fix] {
    guard let new, !sink.isFull else { return [] }
    return [fixer(for: span)?.rewriteHead(span, old, new, .maybe)].compactMap { $0 }
  }
}
