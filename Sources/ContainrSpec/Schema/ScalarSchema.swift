// Each form of a scalar as schema: types, patterns, words. Patterns say what a regular expression can say; what needs
// arithmetic or the rest of the file is the decoder's.

enum ScalarSchema {
  static let string = SchemaValue.object([("type", .text("string"))])
  static let number = SchemaValue.object([("type", .text("number"))])

  /// The alternatives of a form.
  static func variants(_ form: ScalarForm) -> [SchemaValue] {
    switch form {
    case .any: [.object([("type", .list([.text("string"), .text("number"), .text("boolean")]))])]
    case .string, .content: [textual]
    case .text, .hostPath, .layer, .contextPath:
      [.object([("type", .text("string")), ("minLength", .number("1"))]), number]
    case .boolean: [.object([("type", .text("boolean"))]), pattern("true|True|TRUE|false|False|FALSE|\(legacy)")]
    case .integer(let range): [whole(range), pattern(#"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+"#)]
    case .number(let range):
      [
        .object([
          ("type", .text("number")), ("minimum", .number(plain(range.lowerBound))),
          ("maximum", .number(plain(range.upperBound))),
        ]), pattern(decimal),
      ]
    case .processors: [.object([("type", .text("number")), ("minimum", .number("0"))]), pattern(decimal)]
    case .byteSize: [.object([("type", .text("number")), ("minimum", .number("0"))]), pattern(size)]
    case .byteSizeOrUnlimited:
      [.object([("type", .text("number")), ("minimum", .number("-1"))]), pattern("-1|\(size)")]
    case .duration: [zero, pattern(duration)]
    case .durationOrNumber: [whole(Int64.min...Int64.max), pattern("[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+|\(duration)")]
    case .countOrAll: [whole(-1...Int64.max), pattern("all|-1|0|[1-9][0-9]*")]
    case .published: [whole(0...65_535), pattern("|[0-9]+(-[0-9]+)?")]
    case .ports: [whole(1...65_535), pattern("[0-9]+(-[0-9]+)?")]
    case .oneOf(let words): [pattern(words.map(escaped).joined(separator: "|"))]
    case .known: [textual]
    case .nameServer: [pattern("|\(ipv4)|\(ipv6)")]
    case .containerPath: [pattern("/.*", raw: true)]
    case .serviceName, .objectName, .fileMountShort: [pattern("[a-zA-Z0-9_][a-zA-Z0-9._-]*"), number]
    case .projectName: [pattern("[a-z0-9][a-z0-9_-]*"), whole(0...Int64.max)]
    case .hostName, .alias: [pattern("[a-zA-Z0-9_]([a-zA-Z0-9._-]*[a-zA-Z0-9_])?"), number]
    case .ipv4: [pattern(ipv4)]
    case .ipv6: [pattern(ipv6)]
    case .address, .linkLocal: [pattern("\(ipv4)|\(ipv6)")]
    case .interfaceName: [pattern("[0-9A-Za-z._-]{1,15}"), number]
    case .interfacePrefix: [pattern("[0-9A-Za-z._-]{1,12}"), number]
    case .interfaceParameters: [pattern("net\\.[^,=]+=[^,]+(,net\\.[^,=]+=[^,]+)*")]
    case .hostAddress: [pattern("|host-gateway|\(ipv4)|\(ipv6)")]
    case .subnet: [pattern("(\(ipv4)|\(ipv6))/[0-9]{1,3}")]
    case .macAddress: [pattern("[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")]
    case .mode: [whole(0...7777), pattern("(0o)?[0-7]{1,5}")]
    case .cpuset: [whole(0...8191), pattern("|[ \\t]*[0-9]+(-[0-9]+)?[ \\t]*(,[ \\t]*[0-9]+(-[0-9]+)?[ \\t]*)*")]
    case .capability: [pattern("[a-zA-Z_]+")]
    case .signal: [whole(1...64), pattern("[a-zA-Z0-9+-]+")]
    case .user: [whole(0...4_294_967_294), pattern("[^-:/\\s][^:/\\s]*(:[^-:/\\s][^:/\\s]*)?")]
    case .id: [whole(0...4_294_967_294), pattern("[^-:/\\s][^:/\\s]*")]
    case .transport: [pattern("[tT][cC][pP]|[uU][dD][pP]|[sS][cC][tT][pP]")]
    case .restart: [pattern("no|always|unless-stopped|on-failure(:[0-9]+)?")]
    case .restartCondition: [pattern("none|no|on-failure|any|always|unless-stopped")]
    case .pullPolicy:
      [pattern("always|never|missing|if_not_present|build|refresh|daily|weekly|every_([0-9]+[wdhms])+")]
    case .portShort:
      [
        whole(1...65_535),
        pattern(#"((\[[0-9a-fA-F:.]+\]|[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*):)?([0-9]*(-[0-9]+)?:)?"# + exposed),
      ]
    case .exposed: [whole(1...65_535), pattern(exposed)]
    case .mountShort: [pattern("([^:]+:)?/[^:]*(:[^:]+)?")]
    case .deviceShort: [pattern("[^:]+(:[^:]+){0,2}"), number]
    case .deviceRule: [pattern("[abc] +([0-9]+|\\*):([0-9]+|\\*) +[rwm]{1,3}")]
    case .tmpfsShort: [pattern("/[^:]*(:.*)?")]
    case .networkMode, .namespace: [.object([("type", .text("string")), ("minLength", .number("1"))]), number]
    case .cron: [pattern("((CRON_)?TZ=[^ ]+ +)?(@[a-z]+|[^ ]+( +[^ ]+){4})")]
    case .rate:
      [pattern(#"([0-9]+(\.[0-9]+)?|\.[0-9]+)[ \t]*([kKmMgG]?[bB][iI][tT]|[bB]|[kKmMgGtT]([iI]?[bB])?)"#)]
    case .burst: [.object([("type", .text("number")), ("minimum", .number("1536"))]), pattern(size)]
    case .changeReaction: [pattern("recreate|restart|none|signal:[a-zA-Z0-9+-]+")]
    }
  }

  private static let textual = SchemaValue.object([("type", .list([.text("string"), .text("number")]))])
  private static let zero = SchemaValue.object([("const", .number("0"))])
  private static let exposed = #"[0-9]+(-[0-9]+)?(/([tT][cC][pP]|[uU][dD][pP]|[sS][cC][tT][pP]))?"#
  private static let legacy = "yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N"
  private static let decimal = #"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"#
  private static let size = #"([0-9]+(\.[0-9]+)?|\.[0-9]+)[ \t]*([bB]|[kKmMgGtTpP]([iI]?[bB])?)?"#
  private static let duration = #"0|(([0-9]+(\.[0-9]+)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w))+"#
  private static let ipv4 = #"[0-9]{1,3}(\.[0-9]{1,3}){3}"#
  private static let ipv6 = #"\[?[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%[^\]]+)?\]?"#

  /// A string that matches as a whole, or one that still holds a variable.
  private static func pattern(_ text: String, raw: Bool = false) -> SchemaValue {
    .object([("type", .text("string")), ("pattern", .text(raw ? "^\(text)|\\$" : "^(\(text))$|\\$"))])
  }

  private static func whole(_ range: ClosedRange<Int64>) -> SchemaValue {
    var entries: [(String, SchemaValue)] = [("type", .text("integer"))]
    if range.lowerBound != Int64.min { entries.append(("minimum", .number(String(range.lowerBound)))) }
    if range.upperBound != Int64.max { entries.append(("maximum", .number(String(range.upperBound)))) }
    return .object(entries)
  }

  private static func plain(_ value: Double) -> String { Int64(exactly: value).map(String.init) ?? String(value) }

  private static func escaped(_ word: String) -> String { word.replacing("+", with: "\\+").replacing(".", with: "\\.") }
}
