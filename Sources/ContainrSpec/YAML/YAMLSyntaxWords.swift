// libyaml's sentences in words that say what to do.

/// What one of libyaml's problems means.
struct YAMLSyntaxWords {
  let message: String
  let label: String
  var help: String?
  var fixes: [Diagnostic.Fix] = []

  init(_ error: YAMLSyntaxError, _ source: SourceText) {
    for (start, words) in Self.table where error.problem.hasPrefix(start) {
      (message, label, help) = words
      if start == Self.escape { fixes = Self.doubled(error.offset, source) }
      return
    }
    if error.problem.hasPrefix("found character that cannot start any token") {
      let sign = error.offset < source.scalars.count ? source.scalars[error.offset] : " "
      message = "no plain value can start with '\(sign)'"
      label = "unexpected character"
      help = "quote the text"
      return
    }
    message = error.problem
    label = error.context ?? "not readable"
  }

  private static let escape = "found unknown escape character"

  private static let table: KeyValuePairs<String, (String, String, String?)> = [
    "mapping values are not allowed": (
      "a ':' stands where no value can follow", "unexpected ':'",
      "quote the text if the ':' belongs to it; otherwise check the indentation of this line and the one before"
    ),
    "did not find expected key": (
      "this line does not fit into the mapping around it", "expected 'key: value' at this depth",
      "check the indentation of this line and the one before, and for an unclosed quote"
    ),
    "did not find expected '-' indicator": (
      "this line does not fit into the list around it", "expected '- item'", "check the indentation"
    ),
    "did not find expected ',' or": (
      "a list or mapping in brackets is never closed", "expected ',' or a closing bracket",
      "add the ',' or the bracket; quote text that holds brackets"
    ),
    "block sequence entries are not allowed": (
      "a list cannot begin here", "unexpected '-'", "begin the list on a line of its own below the key"
    ),
    "mapping keys are not allowed": ("a '?' cannot begin a key here", "unexpected '?'", "quote the text"),
    "did not find expected node content": (
      "a value is missing here", "expected a value", "quote the text if this sign belongs to it"
    ),
    "did not find expected <document start>": (
      "this does not belong to the document before it", "expected '---' or the end of the file",
      "check the indentation of this line and the one before"
    ),
    "found undefined tag handle": (
      "the tag has a prefix that is not declared", "unknown tag", "quote the text if the '!' belongs to it"
    ),
    "did not find expected whitespace or line break": (
      "a blank is missing here", "expected a blank", "quote the text if this sign belongs to it"
    ),
    "did not find expected comment or line break": (
      "only a comment can stand behind this", "expected the end of the line", "move the text to the next line"
    ),
    "found an indentation indicator equal to 0": (
      "a text cannot be indented by 0", "expected 1 to 9", nil
    ),
    "found a tab character": (
      "a tab is used for indentation", "YAML is indented with spaces only", "replace the tab by spaces"
    ),
    escape: (
      "a backslash in double quotes is followed by no known escape", "unknown escape",
      "write \\\\ for a backslash, or use single quotes"
    ),
    "did not find expected hexdecimal number": (
      "an escape needs hexadecimal digits", "expected 0-9 or a-f", "write \\\\ for a backslash, or use single quotes"
    ),
    "found invalid Unicode character escape code": (
      "an escape names no character", "not a Unicode character", nil
    ),
    "found incompatible YAML document": (
      "the file asks for a YAML version that nobody reads", "expected 1.2", "remove the line"
    ),
    "found unknown directive name": ("unknown directive", "expected %YAML or %TAG", "remove the line"),
    "found duplicate %YAML directive": ("a second %YAML directive", "said again here", "remove the line"),
    "found unexpected ':'": (
      "a ':' in brackets needs a blank behind it", "unexpected ':'", "write 'key: value', or quote the text"
    ),
  ]

  /// A backslash that is meant is written twice.
  private static func doubled(_ offset: Int, _ source: SourceText) -> [Diagnostic.Fix] {
    // libyaml's mark is at the start of the text; the escape is the first one behind it that is unknown.
    guard offset < source.scalars.count, source.scalars[offset] == "\\" else { return [] }
    return [Diagnostic.Fix("write \\\\ for a backslash", source.span(offset, offset), "\\", .maybe)]
  }
}
