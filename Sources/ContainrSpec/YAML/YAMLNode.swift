// The node tree of one YAML document. Every node and key knows its place; aliases share their node.

/// One value. A class, because aliases make the tree a graph without cycles.
final class YAMLNode {
  enum Content {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  var content: Content
  let span: SourceSpan

  init(_ content: Content, span: SourceSpan) {
    self.content = content
    self.span = span
  }
}

/// One entry of a mapping. A merged entry keeps the place where it really stands.
struct YAMLEntry {
  let key: String
  let keySpan: SourceSpan
  let value: YAMLNode
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
