// libyaml's problems in words that say what to do.

enum YAMLSyntaxMessage {
  static func diagnostic(for error: YAMLSyntaxError, source: SourceText) -> Diagnostic {
    let start = source.position(at: error.offset)
    var words = explain(error)
    let line = source.line(start.line) ?? ""
    var fixes: [Diagnostic.Fix] = []
    if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
      fixes = LineFix.untab(source)
      words = ("a tab is used for indentation", "YAML is indented with spaces only", "replace the tab by spaces")
    }
    var secondary: [Diagnostic.Label] = []
    if let context = error.contextOffset, source.position(at: context).line != start.line {
      let text = contextLabel(error.context ?? "")
      secondary.append(.init(span: source.span(context, context + 1), label: text))
    }
    return Diagnostic(
      severity: .error, code: DiagnosticCode.yamlSyntax.rawValue, message: words.message,
      primary: source.span(error.offset, error.offset + 1), label: words.label, secondary: secondary,
      help: words.help, fixes: fixes)
  }

  private static func explain(_ error: YAMLSyntaxError) -> (message: String, label: String, help: String?) {
    let problem = error.problem
    if problem.hasPrefix("mapping values are not allowed") {
      return (
        "a ':' stands where no value can follow", "unexpected ':'",
        "quote the text if the ':' belongs to it; otherwise check the indentation of this line and the one before"
      )
    }
    if problem.hasPrefix("did not find expected key") {
      return (
        "this line does not fit into the mapping around it", "expected 'key: value' at this depth",
        "check the indentation of this line and the one before, and for an unclosed quote"
      )
    }
    if problem.hasPrefix("did not find expected '-' indicator") {
      return ("this line does not fit into the list around it", "expected '- item'", "check the indentation")
    }
    if problem.hasPrefix("could not find expected ':'") {
      return ("a ':' is missing after a key", "expected ':' before this", "write 'key: value'")
    }
    if problem.hasPrefix("found unexpected end of stream") || problem.hasPrefix("found unexpected document indicator") {
      return ("a quoted text is never closed", "the file ends here", "add the closing quote")
    }
    if problem.hasPrefix("found character that cannot start any token") {
      return ("a character that cannot start a value", "unexpected character", "quote the text")
    }
    if problem.contains("did not find expected ',' or") {
      return ("a list or mapping in brackets is never closed", "expected ',' or a closing bracket", nil)
    }
    if problem.hasPrefix("block sequence entries are not allowed") {
      return ("a list cannot begin here", "unexpected '-'", "begin the list on a line of its own below the key")
    }
    return (problem, error.context ?? "not readable", nil)
  }

  private static func contextLabel(_ context: String) -> String {
    if context.contains("quoted scalar") { return "the quote opens here" }
    if context.contains("block mapping") { return "the mapping begins here" }
    if context.contains("block collection") { return "the list begins here" }
    if context.contains("flow") { return "the bracket opens here" }
    if context.contains("simple key") { return "the key begins here" }
    return context
  }
}
