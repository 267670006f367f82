// libyaml's scanner behind a Swift face: where every dash, colon, bracket, property and scalar of a text stands. For the
// formatter, which needs places that events do not have; what a text means, YAMLEvents says.
import CYAML

/// One token. Positions are offsets in Unicode scalars.
struct YAMLToken {
  enum Style: Hashable { case plain, singleQuoted, doubleQuoted, literal, folded }
  enum Kind: Hashable {
    case directive, documentStart, documentEnd
    case blockSequenceStart, blockMappingStart, blockEnd
    case flowStart, flowEnd, flowEntry
    case blockEntry, key, value
    case alias, anchor, tag
    case scalar(String, Style)
  }

  let kind: Kind
  let start: Int
  let end: Int

  /// Whether it takes room in the text. A key's token does only where it is written as `?`.
  var isVisible: Bool {
    switch kind {
    case .blockSequenceStart, .blockMappingStart, .blockEnd: false
    case .key: end > start
    default: true
    }
  }
}

enum YAMLTokenReader {
  /// All tokens but the stream's own. `bytes`: UTF-8 without a byte order mark.
  static func tokens(_ bytes: [UInt8]) throws(YAMLSyntaxError) -> [YAMLToken] {
    // libyaml asserts that there is an address.
    let text = bytes.isEmpty ? [UInt8(ascii: "\n")] : bytes
    let result = text.withUnsafeBufferPointer { buffer -> Result<[YAMLToken], YAMLSyntaxError> in
      // The parser holds a pointer into itself, so it must not move.
      let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
      defer { parser.deallocate() }
      parser.initialize(to: yaml_parser_t())
      guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
      defer { yaml_parser_delete(parser) }
      yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(parser, buffer.baseAddress!, buffer.count)
      return scan(parser)
    }
    return try result.get()
  }

  private static func scan(_ parser: UnsafeMutablePointer<yaml_parser_t>) -> Result<[YAMLToken], YAMLSyntaxError> {
    var tokens: [YAMLToken] = []
    while true {
      var token = yaml_token_t()
      guard yaml_parser_scan(parser, &token) == 1 else { return .failure(YAMLSyntaxError(parser.pointee)) }
      defer { yaml_token_delete(&token) }
      if token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN { return .success(tokens) }
      if let kind = kind(of: token) {
        tokens.append(
          YAMLToken(kind: kind, start: Int(token.start_mark.index), end: Int(token.end_mark.index)))
      }
    }
  }

  private static func kind(of token: yaml_token_t) -> YAMLToken.Kind? {
    switch token.type {
    case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: .directive
    case YAML_DOCUMENT_START_TOKEN: .documentStart
    case YAML_DOCUMENT_END_TOKEN: .documentEnd
    case YAML_BLOCK_SEQUENCE_START_TOKEN: .blockSequenceStart
    case YAML_BLOCK_MAPPING_START_TOKEN: .blockMappingStart
    case YAML_BLOCK_END_TOKEN: .blockEnd
    case YAML_FLOW_SEQUENCE_START_TOKEN, YAML_FLOW_MAPPING_START_TOKEN: .flowStart
    case YAML_FLOW_SEQUENCE_END_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: .flowEnd
    case YAML_FLOW_ENTRY_TOKEN: .flowEntry
    case YAML_BLOCK_ENTRY_TOKEN: .blockEntry
    case YAML_KEY_TOKEN: .key
    case YAML_VALUE_TOKEN: .value
    case YAML_ALIAS_TOKEN: .alias
    case YAML_ANCHOR_TOKEN: .anchor
    case YAML_TAG_TOKEN: .tag
    case YAML_SCALAR_TOKEN:
      .scalar(
        String(
          decoding: UnsafeBufferPointer(start: token.data.scalar.value, count: token.data.scalar.length), as: UTF8.self),
        style(token.data.scalar.style))
    default: nil  // the stream's start
    }
  }

  private static func style(_ style: yaml_scalar_style_t) -> YAMLToken.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }
}
