// Findings as SARIF 2.1.0 for code scanning and editors: rules with help, regions, related places and fixes.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

extension DiagnosticRenderer {
  /// One SARIF log with one run, without a line break at its end. `version` is the program's.
  public static func renderSARIF(_ diagnostics: [Diagnostic], version: String) -> String {
    let codes = Set(diagnostics.map(\.code)).sorted()
    let index = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($0.element, $0.offset) })
    let driver = JSONLiteral.object([
      "name": JSONLiteral.string("containr"), "semanticVersion": JSONLiteral.string(version),
      "rules": JSONLiteral.array(codes.map { rule($0) }),
    ])
    let run = JSONLiteral.object([
      "tool": JSONLiteral.object(["driver": driver]), "columnKind": JSONLiteral.string("unicodeCodePoints"),
      "results": JSONLiteral.array(diagnostics.map { result($0, ruleIndex: index[$0.code]!) }),
    ])
    return JSONLiteral.object([
      "$schema": JSONLiteral.string("https://json.schemastore.org/sarif-2.1.0.json"),
      "version": JSONLiteral.string("2.1.0"), "runs": JSONLiteral.array([run]),
    ])
  }

  private static func rule(_ code: String) -> String {
    let known = DiagnosticCode(rawValue: code)
    let text = known?.explanation
    return JSONLiteral.object([
      "id": JSONLiteral.string(code), "name": known.map { JSONLiteral.string("\($0)") },
      "shortDescription": known.map { message($0.summary) }, "fullDescription": text.map(message),
      "help": known.map {
        JSONLiteral.object([
          "text": JSONLiteral.string($0.reference), "markdown": JSONLiteral.string($0.markdown),
        ])
      },
    ])
  }

  private static func result(_ diagnostic: Diagnostic, ruleIndex: Int) -> String {
    let related = diagnostic.secondary.enumerated().map { number, label in
      JSONLiteral.object([
        "id": String(number + 1), "physicalLocation": place(label.span), "message": message(label.label),
      ])
    }
    return JSONLiteral.object([
      "ruleId": JSONLiteral.string(diagnostic.code), "ruleIndex": String(ruleIndex),
      "level": JSONLiteral.string(diagnostic.severity.rawValue), "message": message(plainText(of: diagnostic)),
      "locations": diagnostic.primary.map {
        JSONLiteral.array([JSONLiteral.object(["physicalLocation": place($0)])])
      }, "relatedLocations": JSONLiteral.optionalArray(related),
      "fixes": JSONLiteral.optionalArray(diagnostic.fixes.map(sarif)),
    ])
  }

  private static func sarif(_ fix: Diagnostic.Fix) -> String {
    let files = fix.edits.map(\.span.file).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let changes = files.map { file in
      let replacements = fix.edits.filter { $0.span.file == file }.map { edit in
        JSONLiteral.object([
          "deletedRegion": region(edit.span),
          "insertedContent": edit.replacement.isEmpty ? nil : message(edit.replacement),
        ])
      }
      return JSONLiteral.object(["artifactLocation": artifact(file), "replacements": JSONLiteral.array(replacements)])
    }
    return JSONLiteral.object([
      "description": message(fix.message), "artifactChanges": JSONLiteral.array(changes),
      "properties": JSONLiteral.object(["applicability": JSONLiteral.string(fix.applicability.rawValue)]),
    ])
  }

  private static func message(_ text: String) -> String { JSONLiteral.object(["text": JSONLiteral.string(text)]) }

  private static func place(_ span: SourceSpan) -> String {
    JSONLiteral.object(["artifactLocation": artifact(span.file), "region": region(span)])
  }

  private static func region(_ span: SourceSpan) -> String {
    JSONLiteral.object([
      "startLine": String(span.start.line), "startColumn": String(span.start.column),
      "endLine": String(span.end.line), "endColumn": String(span.end.column),
    ])
  }

  /// The file as a URI: relative ones count from the directory that the tool ran in.
  private static func artifact(_ file: String) -> String {
    var uri = file.hasPrefix("/") ? "file://" : ""
    // "a:b" would be a scheme.
    if !file.hasPrefix("/"), file.prefix(while: { $0 != "/" }).contains(":") { uri = "./" }
    for byte in file.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: ":"):
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        uri += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return JSONLiteral.object(["uri": JSONLiteral.string(uri)])
  }
}
