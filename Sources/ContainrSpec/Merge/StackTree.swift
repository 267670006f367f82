// The whole stack as one tree: every file read, variables replaced, includes and extensions in place, all merged.

struct StackTree {
  let root: YAMLNode
  let name: String

  /// nil after a report.
  static func read(_ context: LoadContext) -> StackTree? {
    for file in context.input.files { _ = context.addSource(file) }
    for file in context.input.dotEnvs { context.addDotEnv(file) }
    var roots: [(root: YAMLNode, path: String)] = []
    var isReadable = true
    var documents: [YAMLDocument] = []
    for file in context.input.files {
      guard let read = parse(file, context, &documents) else {
        isReadable = false
        continue
      }
      roots += read.map { (root: $0, path: file.absolutePath) }
    }
    guard isReadable, !roots.isEmpty else {
      if isReadable {
        context.error(.missingKey, "the file is empty", at: context.source.span(0, 0), help: StackDecoder.sketch)
      }
      return nil
    }
    let name = ProjectName.resolve(roots.map(\.root), context)
    context.environment.setDefault("COMPOSE_PROJECT_NAME", name)
    for document in documents {
      document.environment = context.environment
      context.interpolate(document)
    }
    let merge = StackMerge(
      context: context, environment: context.environment, base: context.input.projectDirectory, through: [],
      including: [])
    return merge.merge(roots).map { StackTree(root: $0, name: name) }
  }

  /// The documents of a file that the user named; nil after a report.
  private static func parse(
    _ file: LoaderFile, _ context: LoadContext, _ documents: inout [YAMLDocument]
  ) -> [YAMLNode]? {
    let source = context.addSource(file)
    var made: [YAMLDocument] = []
    var composer = YAMLComposer(source: source, sink: context.sink) {
      let document = YAMLDocument(
        source: source, base: context.input.projectDirectory, environment: context.environment)
      made.append(document)
      return document
    }
    guard let roots = composer.compose(file.bytes) else {
      // Nodes and their document hold each other until the document is interpolated.
      for document in made { document.scalars = [] }
      return nil
    }
    documents += made
    for root in roots where root.entries == nil {
      context.error(
        .wrongType, "the file holds \(root.typeName) instead of a mapping", at: root.span, label: "expected a mapping",
        help: StackDecoder.sketch)
      return nil
    }
    return roots
  }
}
