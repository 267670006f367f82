// Collects findings while one file is loaded: without repetition, bounded, in file order at the end.

/// The findings of one load. An aliased block that is decoded twice reports its problem once.
final class DiagnosticSink {
  /// More findings than a person can read only cost memory.
  static let limit = 1000
  private var seen: Set<Seen> = []
  private var collected: [Diagnostic] = []
  private(set) var errorCount = 0
  var hasErrors: Bool { errorCount > 0 }

  private struct Seen: Hashable {
    let code: String
    let message: String
    let span: SourceSpan?
  }

  /// Nothing more is kept; costly explanations can be left out.
  var isFull: Bool { collected.count >= Self.limit }

  func add(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { errorCount += 1 }
    guard !isFull else { return }
    let key = Seen(code: diagnostic.code, message: diagnostic.message, span: diagnostic.primary)
    if seen.insert(key).inserted { collected.append(diagnostic) }
  }

  /// All findings: by file in the order of `files`, then by place; those without a place last.
  func sorted(files: [String]) -> [Diagnostic] {
    func rank(_ diagnostic: Diagnostic) -> (Int, Int) {
      guard let span = diagnostic.primary else { return (Int.max, 0) }
      return (files.firstIndex(of: span.file) ?? files.count, span.start.offset)
    }
    return collected.enumerated().sorted { left, right in
      let (a, b) = (rank(left.element), rank(right.element))
      return a == b ? left.offset < right.offset : a < b
    }.map(\.element)
  }
}
