// Reads the files that a stack file names: each once for each directory and environment, interpolated, with positions.

/// Reads stack files that are named by others. The bytes come from the caller of the load.
struct StackFileReader {
  /// More files than this are no stack any more.
  static let maximumFiles = 1000

  let context: LoadContext
  let environment: ProjectEnvironment
  /// How the file came to be read that asks for others.
  let through: [ReadReason]

  /// The documents of a file merged into one, as `extends` reads it; nil after a report.
  func read(_ text: String, named node: YAMLNode, reason: ReadReason) -> YAMLNode? {
    guard let file = file(text, named: node, base: node.document.base, reason: reason) else { return nil }
    let roots = documents(file, base: PathText.normalise(file.absolutePath + "/.."), reason: reason)
    return roots.dropFirst().reduce(roots.first) { merged, root in
      merged.flatMap { NodeMerger.merge($0, root, .object(.stack)) }
    }
  }

  /// The bytes of a file that a node names; nil after a report.
  func file(_ text: String, named node: YAMLNode, base: String, reason: ReadReason) -> LoaderFile? {
    if StackFileReader.isRemote(text) {
      context.error(
        .cannotHonour, "the remote file \(DisplayText.quote(text)) cannot be read", at: node.span,
        label: "only files of this host are read", help: "check the file out beside this one and name its path")
      return nil
    }
    let path = PathText.resolve(text, base: base, home: context.home)
    guard context.filesRead < Self.maximumFiles else {
      context.error(
        .budget, "the stack reads more than \(Self.maximumFiles) files", at: node.span,
        label: "the limit is passed here")
      return nil
    }
    context.filesRead += 1
    guard let bytes = context.input.readFile(path) else {
      context.error(
        .missingFile, "the file \(DisplayText.quote(text)) cannot be read", at: node.span, label: "read as \(path)",
        notes: context.notes(about: node), help: "'\(reason.key)' names a file beside this one or an absolute path")
      return nil
    }
    return LoaderFile(file: context.shown(text, beside: node.document, path: path), absolutePath: path, bytes: bytes)
  }

  /// The roots of a file's documents, interpolated. Empty after a report.
  func documents(_ file: LoaderFile, base: String, reason: ReadReason?) -> [YAMLNode] {
    let source = context.addSource(file)
    let reasons = through + (reason.map { [$0] } ?? [])
    if let reason { context.readReasons[source.file] = reasons.isEmpty ? [reason] : reasons }
    let environment = environment
    var made: [YAMLDocument] = []
    var composer = YAMLComposer(source: source, sink: context.sink) {
      let document = YAMLDocument(source: source, base: base, environment: environment, through: reasons)
      made.append(document)
      return document
    }
    guard let roots = composer.compose(file.bytes) else {
      // Nodes and their document hold each other until the document is interpolated.
      for document in made { document.scalars = [] }
      return []
    }
    for document in made { context.interpolate(document) }
    return roots.filter { root in
      guard root.entries == nil else { return true }
      context.error(
        .wrongType, "the file holds \(root.typeName) instead of a mapping", at: root.span, label: "expected a mapping",
        help: StackDecoder.sketch)
      return false
    }
  }

  /// Git and OCI resources, which Compose fetches.
  static func isRemote(_ text: String) -> Bool {
    ["oci://", "http://", "https://", "git://", "ssh://", "git@", "github.com/"].contains { text.hasPrefix($0) }
  }
}
