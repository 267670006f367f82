// libyaml's parser behind a Swift face: one document's events with their marks. With YAMLTokens, all that sees C memory.
import CYAML

/// One event of the parser. Positions are offsets in Unicode scalars.
struct YAMLEvent {
  enum Kind {
    case documentStart, documentEnd, streamEnd
    case scalar(text: String, isPlain: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case alias(String)
  }

  let kind: Kind
  let start: Int
  let end: Int
  var anchor: String?
  var tag: String?
}

/// What libyaml could not read.
struct YAMLSyntaxError: Error {
  let problem: String
  let offset: Int
  let context: String?
  let contextOffset: Int?
}

extension YAMLSyntaxError {
  /// What a parser that has just failed says.
  init(_ raw: yaml_parser_t) {
    let context = raw.context.map { String(cString: $0) }
    let isReader = raw.error == YAML_READER_ERROR
    self.init(
      problem: raw.problem.map { String(cString: $0) } ?? "not YAML",
      offset: isReader ? Int(raw.mark.index) : Int(raw.problem_mark.index), context: context,
      contextOffset: context == nil || isReader ? nil : Int(raw.context_mark.index))
  }
}

/// Pulls events out of bytes, which stay alive and in place as long as `body` runs.
struct YAMLEventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  /// `bytes`: UTF-8 without a byte order mark.
  static func read<Result>(_ bytes: [UInt8], _ body: (borrowing YAMLEventReader) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { buffer in
      let reader = YAMLEventReader(buffer)
      return body(reader)
    }
  }

  private init(_ buffer: UnsafeBufferPointer<UInt8>) {
    // libyaml keeps a pointer to the parser inside the parser, so it must not move.
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else { fatalError("libyaml: out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, buffer.baseAddress ?? UnsafePointer(Self.empty), buffer.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deinitialize(count: 1)
    parser.deallocate()
  }

  // An empty array has no address, and libyaml asserts that there is one.
  nonisolated(unsafe) private static let empty: UnsafeMutablePointer<UInt8> = {
    let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    pointer.initialize(to: 0)
    return pointer
  }()

  borrowing func next() throws(YAMLSyntaxError) -> YAMLEvent {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw YAMLSyntaxError(parser.pointee) }
      defer { yaml_event_delete(&event) }
      if let translated = Self.translate(event) { return translated }
    }
  }

  private static func translate(_ event: yaml_event_t) -> YAMLEvent? {
    func make(
      _ kind: YAMLEvent.Kind, anchor: UnsafeMutablePointer<UInt8>? = nil, tag: UnsafeMutablePointer<UInt8>? = nil
    ) -> YAMLEvent {
      YAMLEvent(
        kind: kind, start: Int(event.start_mark.index), end: Int(event.end_mark.index),
        anchor: anchor.map { String(cString: $0) }, tag: tag.map { String(cString: $0) })
    }
    switch event.type {
    case YAML_STREAM_END_EVENT: return make(.streamEnd)
    case YAML_DOCUMENT_START_EVENT: return make(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return make(.documentEnd)
    case YAML_ALIAS_EVENT:
      return make(.alias(event.data.alias.anchor.map { String(cString: $0) } ?? ""))
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return make(
        .scalar(text: String(decoding: bytes, as: UTF8.self), isPlain: isPlain), anchor: scalar.anchor, tag: scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      return make(.sequenceStart, anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag)
    case YAML_SEQUENCE_END_EVENT: return make(.sequenceEnd)
    case YAML_MAPPING_START_EVENT:
      return make(.mappingStart, anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag)
    case YAML_MAPPING_END_EVENT: return make(.mappingEnd)
    default: return nil  // the stream's start
    }
  }
}
