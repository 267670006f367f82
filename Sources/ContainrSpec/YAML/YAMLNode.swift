// The node tree of one YAML document. Every node and key knows its place; aliases share their node.

/// One value. A class, because aliases make the tree a graph without cycles. Only interpolation changes a node, once.
final class YAMLNode {
  enum Content {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  /// What a node does to the value of an earlier file.
  enum Override: String {
    /// Removes it.
    case reset = "!reset"
    /// Replaces it instead of being merged into it.
    case override = "!override"
  }

  var content: Content
  let span: SourceSpan
  let document: YAMLDocument
  let override: Override?

  init(_ content: Content, span: SourceSpan, document: YAMLDocument, override: Override? = nil) {
    self.content = content
    self.span = span
    self.document = document
    self.override = override
  }

  /// A node with other content at the same place.
  func with(_ content: Content) -> YAMLNode { YAMLNode(content, span: span, document: document) }
}

/// One entry of a mapping. A merged entry keeps the place where it really stands.
struct YAMLEntry {
  let key: String
  let keySpan: SourceSpan
  let value: YAMLNode

  /// The same key with another value.
  func with(_ value: YAMLNode) -> YAMLEntry { YAMLEntry(key: key, keySpan: keySpan, value: value) }
}

/// The text of a scalar and how to read it.
struct YAMLScalar {
  var text: String
  /// Written without quotes: the core schema decides its type.
  let isPlain: Bool
  /// What interpolation did to it; nil: nothing.
  var interpolation: InterpolationTrace?

  init(text: String, isPlain: Bool) {
    self.text = text
    self.isPlain = isPlain
  }
}

extension YAMLNode {
  /// The scalar, if it is one.
  var scalar: YAMLScalar? {
    if case .scalar(let scalar) = content { return scalar }
    return nil
  }

  /// The entries, if it is a mapping.
  var entries: [YAMLEntry]? {
    if case .mapping(let entries) = content { return entries }
    return nil
  }

  /// The items, if it is a list.
  var items: [YAMLNode]? {
    if case .sequence(let items) = content { return items }
    return nil
  }

  /// The value of a key; nil if there is none or this is no mapping.
  func value(_ key: String) -> YAMLNode? { entries?.first { $0.key == key }?.value }

  var isNull: Bool { scalar?.kind == .null }

  /// What the node is, in YAML's words and with an article.
  var typeName: String {
    switch content {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar(let scalar): scalar.kind.typeName
    }
  }
}
