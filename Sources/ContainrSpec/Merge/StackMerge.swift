// From the files of one load to one tree: documents in order, `include`, `extends`, `!reset`, and the merge.

/// Brings the files of a stack, or of one `include`, together.
struct StackMerge {
  /// Includes in includes; nobody nests deeper.
  private static let maximumDepth = 32
  private static let imported = ["services", "networks", "volumes", "secrets", "configs", "models"]

  let context: LoadContext
  let environment: ProjectEnvironment
  /// What relative paths of `include` count from.
  let base: String
  let through: [ReadReason]
  /// Absolute paths of the files that include this one, outermost first.
  let including: [String]

  private var files: StackFileReader {
    StackFileReader(context: context, environment: environment, through: through)
  }

  /// The merged root of documents that are already read; nil if there is none.
  func merge(_ roots: [(root: YAMLNode, path: String)]) -> YAMLNode? {
    var merged: YAMLNode?
    for (root, path) in roots {
      var root = include(root, path: path)
      root = ServiceExtension.apply(root, earlier: merged, context: context, files: files)
      merged = merged.map { NodeMerger.merge($0, root, .object(.stack)) ?? $0 } ?? root
    }
    return merged.map(ResetSweep.swept)
  }

  // MARK: include

  private func include(_ root: YAMLNode, path: String) -> YAMLNode {
    guard let entries = root.entries, let entry = entries.first(where: { $0.key == "include" }), !entry.value.isNull
    else { return root }
    var result = root.with(.mapping(entries.filter { $0.key != "include" }))
    guard let items = context.items(entry.value, key: "include") else { return result }
    for item in items {
      guard let included = included(item, entry, path: path) else { continue }
      result = importing(included, into: result)
    }
    return result
  }

  /// The merged tree of one `include` entry; nil after a report.
  private func included(_ item: YAMLNode, _ entry: YAMLEntry, path: String) -> YAMLNode? {
    let long = NodeForms.long(item, .include)
    guard let reader = ObjectReader(long, .include, key: "include", context: context) else { return nil }
    guard let paths = reader["path"], let nodes = context.items(paths.value, key: "path", allowsScalar: true),
      let first = nodes.first
    else {
      context.error(.missingKey, "the include has no path", at: item.span, label: "needs 'path'")
      return nil
    }
    let reason = ReadReason(key: "include", span: item.span)
    var read: [LoaderFile] = []
    for node in nodes {
      guard let text = context.text(node, key: "include"),
        let file = files.file(text, named: node, base: base, reason: reason)
      else { return nil }
      read.append(file)
    }
    let chain = including + [path]
    if chain.contains(read[0].absolutePath) || chain.count > Self.maximumDepth {
      reportCycle(chain + [read[0].absolutePath], at: first.span)
      return nil
    }
    var directory = PathText.normalise(read[0].absolutePath + "/..")
    if let node = reader["project_directory"], let text = context.text(node.value, key: "project_directory") {
      directory = PathText.resolve(text, base: base, home: context.home)
    }
    guard let environment = environment(reader["env_file"], directory) else { return nil }
    let inner = StackMerge(
      context: context, environment: environment, base: directory, through: through + [reason], including: chain)
    let roots = read.flatMap { file in
      StackFileReader(context: context, environment: environment, through: through)
        .documents(file, base: directory, reason: reason).map { (root: $0, path: file.absolutePath) }
    }
    return inner.merge(roots)
  }

  /// The variables of an included file: the including one's first, then its own `.env`.
  private func environment(_ entry: YAMLEntry?, _ directory: String) -> ProjectEnvironment? {
    var environment = environment
    guard let entry else {
      let path = directory + "/.env"
      if let bytes = context.input.readFile(path), directory != context.input.projectDirectory {
        let file = LoaderFile(file: context.shown(path: path), absolutePath: path, bytes: bytes)
        environment.addDotEnv(context.addSource(file), below: true, sink: context.sink)
      }
      return environment
    }
    for node in context.items(entry.value, key: "env_file", allowsScalar: true) ?? [] {
      guard let text = context.text(node, key: "env_file"), text != "/dev/null" else { continue }
      let path = PathText.resolve(text, base: base, home: context.home)
      guard let bytes = context.input.readFile(path) else {
        context.error(
          .missingEnvFile, "the env_file \(DisplayText.quote(text)) cannot be read", at: node.span,
          label: "read as \(path)")
        return nil
      }
      let file = LoaderFile(
        file: context.shown(text, beside: node.document, path: path), absolutePath: path, bytes: bytes)
      environment.addDotEnv(context.addSource(file), below: true, sink: context.sink)
    }
    return environment
  }

  /// The including file's objects win over those of the included one, by the rules of the merge.
  private func importing(_ included: YAMLNode, into root: YAMLNode) -> YAMLNode {
    let kept = (included.entries ?? []).filter { Self.imported.contains($0.key) }
    return NodeMerger.merge(included.with(.mapping(kept)), root, .object(.stack)) ?? root
  }

  private func reportCycle(_ chain: [String], at span: SourceSpan) {
    let names = chain.suffix(8).map { PathText.lastPart($0) }
    context.error(
      .includeCycle, "files include each other: \(names.joined(separator: " → "))", at: span,
      label: "this closes the circle", help: "remove one of the includes")
  }
}

/// Takes out what `!reset` marks and nothing overrode.
enum ResetSweep {
  static func swept(_ root: YAMLNode) -> YAMLNode {
    var known: [ObjectIdentifier: YAMLNode] = [:]
    return swept(root, &known)
  }

  /// Aliased nodes are swept once and stay shared; a tree without marks stays as it is.
  private static func swept(_ node: YAMLNode, _ known: inout [ObjectIdentifier: YAMLNode]) -> YAMLNode {
    // Most of a tree's nodes hold scalars only: they need no memory of having been here.
    if isPlain(node) { return node }
    if let done = known[ObjectIdentifier(node)] { return done }
    var result = node
    switch node.content {
    case .scalar: return node
    case .sequence(let items):
      let kept = items.filter { $0.override != .reset }.map { swept($0, &known) }
      if kept.count != items.count || zip(kept, items).contains(where: { $0 !== $1 }) {
        result = node.with(.sequence(kept))
      }
    case .mapping(let entries):
      let kept = entries.filter { $0.value.override != .reset }.map { $0.with(swept($0.value, &known)) }
      if kept.count != entries.count || zip(kept, entries).contains(where: { $0.value !== $1.value }) {
        result = node.with(.mapping(kept))
      }
    }
    known[ObjectIdentifier(node)] = result
    return result
  }

  /// Whether nothing of the node could be marked but the node itself.
  private static func isPlain(_ node: YAMLNode) -> Bool {
    func isPlainScalar(_ node: YAMLNode) -> Bool {
      if case .scalar = node.content { return node.override == nil }
      return false
    }
    switch node.content {
    case .scalar: return true
    case .sequence(let items): return items.allSatisfy(isPlainScalar)
    case .mapping(let entries): return entries.allSatisfy { isPlainScalar($0.value) }
    }
  }
}
