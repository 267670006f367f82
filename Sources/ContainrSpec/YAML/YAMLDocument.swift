// What all nodes of one YAML document share: their text, where relative paths count from, and how it came to be read.

/// One document of a stack file. A class: each node refers to it.
final class YAMLDocument {
  let source: SourceText
  /// Absolute; relative host paths of the document count from here.
  let base: String
  /// The variables that the document was interpolated with.
  var environment: ProjectEnvironment
  /// How the file came to be read, outermost first; empty for the files that the user named.
  let through: [ReadReason]
  /// Every scalar value once, in file order; interpolation walks it.
  var scalars: [YAMLNode] = []

  init(source: SourceText, base: String, environment: ProjectEnvironment, through: [ReadReason] = []) {
    self.source = source
    self.base = base
    self.environment = environment
    self.through = through
  }
}

/// Why a file was read that the user did not name.
struct ReadReason {
  /// `include` or `extends`.
  let key: String
  /// Where it asks for the file.
  let span: SourceSpan

  /// `included at stack.yaml:3:5`.
  var words: String { "\(key == "include" ? "included" : "read for 'extends'") at \(span.location)" }
}
