// Events in, node trees out: anchors, aliases, merge keys, duplicate keys, budgets. Iterative: nesting never recurses.

/// Composes the node trees of one file and reports all that is wrong with it.
struct YAMLComposer {
  private struct Frame {
    let isMapping: Bool
    let start: Int
    let anchor: String?
    let override: YAMLNode.Override?
    var items: [YAMLNode] = []
    var entries: [YAMLEntry] = []
    var keys: [String: SourceSpan] = [:]
    var merges: [(value: YAMLNode, span: SourceSpan)] = []
    var pendingKey: (text: String, span: SourceSpan, isMerge: Bool)?
    var expanded = 1
    var height = 1
  }

  private struct Anchor {
    let node: YAMLNode
    let expanded: Int
    let height: Int
  }

  private struct Abort: Error {}

  /// More documents than anybody writes into one file.
  private static let maximumDocuments = 1000

  private let source: SourceText
  private let makeDocument: () -> YAMLDocument
  private let sink: DiagnosticSink
  private let budget: YAMLBudget
  private var frames: [Frame] = []
  private var anchors: [String: Anchor] = [:]
  private var openAnchors: [String: Int] = [:]
  private var aliased = 0
  private var root: YAMLNode?
  private var document: YAMLDocument
  private var roots: [YAMLNode] = []

  /// `document` makes the shared part of each document's nodes.
  init(
    source: SourceText, sink: DiagnosticSink, budget: YAMLBudget = YAMLBudget(),
    document: @escaping () -> YAMLDocument
  ) {
    self.source = source
    self.sink = sink
    self.budget = budget
    makeDocument = document
    self.document = document()
  }

  /// The root of each document that is not empty; nil if the file is unreadable (then there is an error in the sink).
  mutating func compose(_ bytes: [UInt8]) -> [YAMLNode]? {
    guard YAMLPrecheck.passes(bytes, source: source, budget: budget, sink: sink) else { return nil }
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    var composer = self
    let isWhole = YAMLEventReader.read(text) { reader in composer.run(reader) }
    self = composer
    return isWhole ? roots : nil
  }

  private mutating func run(_ reader: borrowing YAMLEventReader) -> Bool {
    var documents = 0
    do {
      while true {
        let event = try reader.next()
        switch event.kind {
        case .streamEnd: return true
        case .documentStart:
          documents += 1
          if documents > Self.maximumDocuments {
            fail(
              .documents, "the file holds more than \(Self.maximumDocuments) YAML documents",
              source.span(event.start, event.end), label: "the limit is passed here")
            return false
          }
          document = makeDocument()
          anchors = [:]
        case .documentEnd:
          // A lone `---`, or one behind comments, is no document that anybody meant.
          if let root, !root.isNull { roots.append(root) }
          root = nil
        default: try handle(event)
        }
      }
    } catch let error as YAMLSyntaxError {
      sink.add(YAMLSyntaxMessage.diagnostic(for: error, source: source))
    } catch {}  // Abort: reported where it was thrown.
    return false
  }

  private mutating func handle(_ event: YAMLEvent) throws {
    checkTag(event)
    switch event.kind {
    case .scalar(let text, let isPlain):
      try add(scalar: text, isPlain: isPlain, event)
    case .sequenceStart, .mappingStart:
      if case .mappingStart = event.kind { try open(event, isMapping: true) } else { try open(event, isMapping: false) }
    case .sequenceEnd, .mappingEnd: try close(event)
    case .alias(let name): try add(alias: name, event)
    case .documentStart, .documentEnd, .streamEnd: break
    }
  }

  private mutating func add(scalar text: String, isPlain: Bool, _ event: YAMLEvent) throws {
    let span = spanWithoutProperties(event)
    if text.unicodeScalars.contains("\0") {
      fail(.encoding, "the text contains a NUL character", span, label: "no value may contain \\0")
    }
    let isPlain = isPlain && event.tag != "tag:yaml.org,2002:str" && event.tag != "!"
    let node = YAMLNode(
      .scalar(YAMLScalar(text: text, isPlain: isPlain)), span: span, document: document,
      override: event.tag.flatMap(YAMLNode.Override.init))
    if let anchor = event.anchor { anchors[anchor] = Anchor(node: node, expanded: 1, height: 0) }
    if frames.last?.isMapping == true, frames[frames.count - 1].pendingKey == nil {
      setKey(text, span, isMerge: isPlain && text == "<<")
      return
    }
    document.scalars.append(node)
    try place(node, at: span, expanded: 1, height: 0)
  }

  private mutating func open(_ event: YAMLEvent, isMapping: Bool) throws {
    let span = source.span(event.start, event.end)
    if frames.count >= budget.depth {
      fail(.budget, "more than \(budget.depth) levels of nesting", span, label: "this level is too deep")
      throw Abort()
    }
    if frames.last?.isMapping == true, frames[frames.count - 1].pendingKey == nil {
      fail(.badKey, "a \(isMapping ? "mapping" : "list") cannot be a key", span, label: "expected text")
      throw Abort()
    }
    if let anchor = event.anchor { openAnchors[anchor, default: 0] += 1 }
    frames.append(
      Frame(
        isMapping: isMapping, start: event.start, anchor: event.anchor,
        override: event.tag.flatMap(YAMLNode.Override.init)))
  }

  private mutating func close(_ event: YAMLEvent) throws {
    var frame = frames.removeLast()
    if !frame.merges.isEmpty { try merge(into: &frame) }
    let span = source.span(frame.start, event.end)
    let node = YAMLNode(
      frame.isMapping ? .mapping(frame.entries) : .sequence(frame.items), span: span, document: document,
      override: frame.override)
    if let anchor = frame.anchor {
      openAnchors[anchor]! -= 1
      anchors[anchor] = Anchor(node: node, expanded: frame.expanded, height: frame.height)
    }
    try place(node, at: span, expanded: frame.expanded, height: frame.height)
  }

  private mutating func add(alias name: String, _ event: YAMLEvent) throws {
    let span = source.span(event.start, event.end)
    guard let anchor = anchors[name], openAnchors[name, default: 0] == 0 else {
      if openAnchors[name, default: 0] > 0 {
        fail(.alias, "the alias '*\(name)' stands inside what it repeats", span, label: "this would never end")
      } else {
        let near = NearestName.suggestion(for: name, among: anchors.keys)
        fail(
          .alias, "unknown alias '*\(name)'", span, label: "no anchor '&\(name)' before this line",
          help: near.map { "did you mean '*\($0)'?" })
      }
      throw Abort()
    }
    if frames.last?.isMapping == true, frames[frames.count - 1].pendingKey == nil {
      guard let scalar = anchor.node.scalar else {
        fail(.badKey, "\(anchor.node.typeName) cannot be a key", span, label: "expected text")
        throw Abort()
      }
      setKey(scalar.text, span, isMerge: false)
      return
    }
    aliased += anchor.expanded
    if aliased > budget.aliasedNodes {
      fail(
        .budget, "aliases expand to more than \(budget.aliasedNodes) values", span,
        label: "the limit is passed here")
      throw Abort()
    }
    if frames.count + anchor.height > budget.depth {
      fail(.budget, "more than \(budget.depth) levels of nesting", span, label: "with what this alias repeats")
      throw Abort()
    }
    try place(anchor.node, at: span, expanded: anchor.expanded, height: anchor.height)
  }

  private mutating func setKey(_ text: String, _ span: SourceSpan, isMerge: Bool) {
    var text = text
    let last = frames.count - 1
    if isMerge {
      frames[last].pendingKey = (text, span, true)
      return
    }
    if let first = text.utf8.first, first >= 0x80, let finding = InvisibleSpace.finding(inKeyAt: span, source) {
      sink.add(finding)
      text = InvisibleSpace.trimmed(text)
    }
    if let first = frames[last].keys[text] {
      fail(
        .duplicateKey, "duplicate key \(DisplayText.quote(text))", span, label: "defined again here",
        secondary: [.init(span: first, label: "first defined here")])
    } else {
      frames[last].keys[text] = span
    }
    frames[last].pendingKey = (text, span, false)
  }

  private mutating func place(_ node: YAMLNode, at span: SourceSpan, expanded: Int, height: Int) throws {
    guard !frames.isEmpty else {
      root = node
      return
    }
    let last = frames.count - 1
    frames[last].expanded += expanded
    frames[last].height = max(frames[last].height, height + 1)
    if frames[last].expanded > budget.nodes {
      fail(.budget, "more than \(budget.nodes) values in one file", span, label: "the limit is passed here")
      throw Abort()
    }
    if !frames[last].isMapping {
      frames[last].items.append(node)
    } else if let key = frames[last].pendingKey {
      frames[last].pendingKey = nil
      if key.isMerge {
        frames[last].merges.append((node, span))
      } else {
        frames[last].entries.append(YAMLEntry(key: key.text, keySpan: key.span, value: node))
      }
    }
  }

  /// Adds the entries of `<<` that the mapping does not have itself.
  private mutating func merge(into frame: inout Frame) throws {
    var known = Set(frame.keys.keys)
    for (value, span) in frame.merges {
      var mappings: [YAMLNode] = []
      switch value.content {
      case .mapping: mappings = [value]
      case .sequence(let items): mappings = items
      case .scalar: mappings = value.isNull ? [] : [value]
      }
      for mapping in mappings {
        guard case .mapping(let entries) = mapping.content else {
          fail(
            .mergeKey, "'<<' merges mappings, found \(mapping.typeName)", span, label: "expected a mapping",
            help: "write '<<: *name' where '&name' stands before a mapping")
          continue
        }
        aliased += entries.count
        if aliased > budget.aliasedNodes {
          fail(.budget, "merge keys expand to more than \(budget.aliasedNodes) values", span)
          throw Abort()
        }
        for entry in entries where known.insert(entry.key).inserted { frame.entries.append(entry) }
      }
    }
  }

  private static let coreTags: Set<String> = Set(
    ["str", "int", "bool", "float", "null", "map", "seq"].map { "tag:yaml.org,2002:\($0)" } + ["!"])

  private func checkTag(_ event: YAMLEvent) {
    guard let tag = event.tag, !Self.coreTags.contains(tag), YAMLNode.Override(rawValue: tag) == nil else { return }
    let near = NearestName.suggestion(for: tag, among: ["!reset", "!override"])
    fail(
      .tag, "the tag '\(tag)' is not known", source.span(event.start, event.end), label: "unknown tag",
      help: near.map { "did you mean '\($0)'?" } ?? "remove it; '!reset' and '!override' are the tags of override files"
    )
  }

  /// The span of a scalar without an anchor and a tag in front of it.
  private func spanWithoutProperties(_ event: YAMLEvent) -> SourceSpan {
    guard event.anchor != nil || event.tag != nil else { return source.span(event.start, event.end) }
    let text = source.scalars
    var index = event.start
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || SourceText.isBreak(scalar) }
    while index < event.end, text[index] == "&" || text[index] == "!" {
      while index < event.end, !isSpace(text[index]) { index += 1 }
      while index < event.end, isSpace(text[index]) { index += 1 }
    }
    return source.span(index, event.end)
  }

  private func fail(
    _ code: DiagnosticCode, _ message: String, _ span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], help: String? = nil
  ) {
    sink.add(
      Diagnostic(
        severity: .error, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        help: help))
  }
}
