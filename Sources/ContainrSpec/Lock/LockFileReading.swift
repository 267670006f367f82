// Reads a lock file. Everything that is wrong is told with its place; a file with a mistake locks nothing.

/// What one reading found.
public struct LockFileReading: Sendable {
  /// nil exactly if there is an error among the findings.
  public private(set) var lock: LockFile?
  /// All findings.
  public private(set) var diagnostics: [Diagnostic] = []
  /// The file's text, which findings point into.
  public let source: SourceText
  /// Where each layer's entry stands.
  public private(set) var places: [String: SourceLocation] = [:]

  private static let help = "containr lock makes the file anew"

  /// `file` is how the user would name it.
  public init(_ bytes: [UInt8], file: String) {
    let source = SourceText(file: file, bytes: bytes)
    self.source = source
    let sink = DiagnosticSink()
    var composer = YAMLComposer(source: source, sink: sink) {
      YAMLDocument(source: source, base: "/", environment: ProjectEnvironment(process: [:]))
    }
    let roots = composer.compose(bytes) ?? []
    var lock = LockFile()
    if !sink.hasErrors { read(roots, into: &lock, sink) }
    // Nodes and their document hold each other.
    for root in roots { root.document.scalars = [] }
    diagnostics = sink.sorted(files: [file])
    self.lock = sink.hasErrors ? nil : lock
  }

  private mutating func read(_ roots: [YAMLNode], into lock: inout LockFile, _ sink: DiagnosticSink) {
    func fail(_ code: DiagnosticCode, _ message: String, _ span: SourceSpan?, label: String? = nil) {
      sink.add(
        Diagnostic(
          severity: .error, code: code.rawValue, message: message, primary: span, label: label, help: Self.help))
    }
    guard roots.count == 1, let entries = roots[0].entries else {
      return fail(.wrongType, "a lock file is one mapping", roots.first?.span)
    }
    guard let version = roots[0].value("version") else {
      return fail(.missingKey, "the lock file has no version", roots[0].span, label: "needs 'version'")
    }
    guard version.scalar?.text == String(LockFile.version) else {
      return fail(
        .invalidValue,
        "this version reads lock files of version \(LockFile.version), not \(version.scalar?.text ?? "this")",
        version.span)
    }
    for entry in entries where entry.key != "version" {
      guard entry.key == "layers" || entry.key == "images" else {
        fail(
          .unknownKey, "unknown key \(DisplayText.quote(entry.key))", entry.keySpan,
          label: "there are layers and images")
        continue
      }
      if entry.value.isNull { continue }
      guard let items = entry.value.entries else {
        fail(.wrongType, "'\(entry.key)' must be a mapping", entry.value.span)
        continue
      }
      for item in items {
        guard let digest = item.value.scalar?.text, LockFile.isDigest(digest, tree: entry.key == "layers") else {
          fail(
            .invalidValue, "\(DisplayText.quote(item.key)) has no digest", item.value.span,
            label: "must be sha256:… with 64 hexadecimal digits")
          continue
        }
        if entry.key == "layers" {
          lock.layers[item.key] = digest
          places[item.key] = item.keySpan.location
        } else {
          lock.images[item.key] = digest
        }
      }
    }
  }
}
