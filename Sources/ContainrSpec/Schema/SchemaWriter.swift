// The tables as JSON Schema draft-07, which editors read. A value that holds a `$` is accepted everywhere: the schema
// sees a file before its variables are replaced.

/// The schema of stack files.
public enum StackSchema {
  /// The content of `schemas/stack.schema.json`, with a line break at its end.
  public static var text: String { SchemaWriter.document.render() + "\n" }
}

enum SchemaWriter {
  static var document: SchemaValue {
    var entries: [(String, SchemaValue)] = [
      ("$schema", .text("http://json-schema.org/draft-07/schema#")),
      ("title", .text("Containr stack file")),
      ("description", .text(KeyTable.stack.summary)),
    ]
    entries += object(.stack)
    // `include` may bring the services, so none has to stand here.
    let definitions = KeyTable.all.filter { !$0.definition.isEmpty }.sorted { $0.definition < $1.definition }
    entries.append(("definitions", .object(definitions.map { ($0.definition, .object(describedObject($0))) })))
    return .object(entries)
  }

  private static func describedObject(_ table: KeyTable) -> [(String, SchemaValue)] {
    let description: [(String, SchemaValue)] = table.summary.isEmpty ? [] : [("description", .text(table.summary))]
    return description + object(table)
  }

  private static func object(_ table: KeyTable) -> [(String, SchemaValue)] {
    var entries: [(String, SchemaValue)] = [
      ("type", .text("object")),
      ("properties", .object(table.rules.map { ($0.name, property($0)) })),
      ("patternProperties", .object([("^x-", .object([]))])),
      ("additionalProperties", .boolean(table.otherKeys != nil)),
    ]
    let required = table.rules.filter(\.isRequired).map { SchemaValue.text($0.name) }
    if !required.isEmpty { entries.append(("required", .list(required))) }
    if !table.anyOf.isEmpty {
      entries.append(("anyOf", .list(table.anyOf.map { .object([("required", .list([.text($0)]))]) })))
    }
    return entries
  }

  private static func property(_ rule: KeyRule) -> SchemaValue {
    var entries: [(String, SchemaValue)] = [("description", .text(description(rule)))]
    if rule.name == "version" { entries.append(("deprecated", .boolean(true))) }
    if !rule.examples.isEmpty { entries.append(("examples", .list(rule.examples.map { .json($0) }))) }
    // Null is "not set" everywhere, but what an object must have cannot be unset.
    let unset = rule.isRequired ? [] : rule.emptyIsUnset && !takesEmpty(rule.shape) ? [null, empty] : [null]
    entries += any(of: variants(rule.shape) + unset)
    if rule.isFilled { entries.append(("minItems", .number("1"))) }
    return .object(entries)
  }

  /// Whether the form itself takes empty text.
  private static func takesEmpty(_ shape: Shape) -> Bool {
    guard case .scalar(let form) = shape else { return false }
    return (try? form.check("")) != nil
  }

  private static func description(_ rule: KeyRule) -> String {
    switch rule.support {
    case .honoured, .metadata: return rule.summary
    case .ignored: return "\(rule.summary) Not honoured yet: the service runs without it, and a warning says so."
    case .refused(_, let neutral):
      let exception = neutral.isEmpty ? "" : " \(neutral.joined(separator: " or ")) is what happens anyway."
      return "\(rule.summary) Not honoured yet: a stack that asks for it does not start.\(exception)"
    }
  }

  // MARK: shapes

  private static let empty = SchemaValue.object([("const", .text(""))])
  private static let null = SchemaValue.object([("type", .text("null"))])
  private static let variable = SchemaValue.object([("type", .text("string")), ("pattern", .text("\\$"))])

  private static func any(of variants: [SchemaValue]) -> [(String, SchemaValue)] {
    if variants.count == 1, case .object(let only) = variants[0] { return only }
    return [("anyOf", .list(variants))]
  }

  private static func value(_ shape: Shape) -> SchemaValue { .object(any(of: variants(shape))) }

  private static func variants(_ shape: Shape) -> [SchemaValue] {
    switch shape {
    case .any: [.object([])]
    case .scalar(let form): ScalarSchema.variants(form)
    case .list(let item, _): [list(item)]
    case .oneOrMany(.short(let form, let table), _): ScalarSchema.variants(form) + [list(.short(form, table))]
    case .oneOrMany(let item, _): variants(item) + [list(item)]
    case .word(let form, let shape): ScalarSchema.variants(form) + variants(shape)
    case .command: [ScalarSchema.string, ScalarSchema.number, list(.scalar(.any))]
    case .test: [.object([("type", .text("string")), ("minLength", .number("1"))]), ScalarSchema.number, testList]
    case .pairs(let form): pairs(form)
    case .names(let table): names(table)
    case .mapping(let form, let value, let nullable): [mapping(form, value, nullable: nullable)]
    case .object(let table): [reference(table)]
    case .short(let form, let table): ScalarSchema.variants(form) + [reference(table)]
    case .ulimit: ulimit
    case .external:
      ScalarSchema.variants(.boolean) + [
        fixed(
          [("name", .object([("type", .list([.text("string"), .text("number")]))]))], required: [], isExtensible: true)
      ]
    }
  }

  private static func reference(_ table: KeyTable) -> SchemaValue {
    .object([("$ref", .text("#/definitions/\(table.definition)"))])
  }

  private static func list(_ item: Shape) -> SchemaValue {
    .object([("type", .text("array")), ("items", value(item))])
  }

  private static let testList = SchemaValue.object([
    ("type", .text("array")), ("items", value(.scalar(.any))), ("minItems", .number("1")),
  ])

  private static func pairs(_ form: PairForm) -> [SchemaValue] {
    if case .hosts = form {
      let address = ScalarSchema.variants(.hostAddress)
      let values = SchemaValue.object(
        any(of: address + [.object([("type", .text("array")), ("items", .object(any(of: address)))]), null]))
      let mapping = SchemaValue.object([("type", .text("object")), ("additionalProperties", values)])
      let item = SchemaValue.object([("type", .text("string")), ("pattern", .text("[=:]|\\$"))])
      return [mapping, .object([("type", .text("array")), ("items", item)])]
    }
    let scalar = SchemaValue.object([
      ("type", .list(["string", "number", "boolean", "null"].map { .text($0) }))
    ])
    let mapping = SchemaValue.object([("type", .text("object")), ("additionalProperties", scalar)])
    let item: SchemaValue =
      switch form {
      case .contexts: .object([("type", .text("string")), ("pattern", .text("[=$]"))])
      case .agents: .object([("type", .text("string")), ("pattern", .text("^default$|[=$]"))])
      case .environment, .arguments, .labels, .hosts: value(.scalar(.string))
      }
    return [mapping, .object([("type", .text("array")), ("items", item)])]
  }

  private static func names(_ table: KeyTable?) -> [SchemaValue] {
    let value = table.map { SchemaValue.object([("anyOf", .list([reference($0), null]))]) } ?? .object([])
    return [
      list(.scalar(.string)),
      .object([
        ("type", .text("object")), ("patternProperties", .object([("^x-", .object([]))])),
        ("additionalProperties", value),
      ]),
    ]
  }

  private static func mapping(_ form: NameForm, _ shape: Shape, nullable: Bool) -> SchemaValue {
    let isObject = if case .object = shape { true } else { false }
    let inner = variants(shape) + (nullable || !isObject ? [null] : [])
    return .object([
      ("type", .text("object")),
      ("patternProperties", .object([("^x-", .object([])), (form.pattern, .object(any(of: inner)))])),
      ("additionalProperties", .boolean(false)),
    ])
  }

  private static var ulimit: [SchemaValue] {
    let limit = ScalarSchema.variants(.integer(-1...Int64.max))
    return limit + [
      fixed([("soft", .object(any(of: limit))), ("hard", .object(any(of: limit)))], required: ["soft", "hard"])
    ]
  }

  private static func fixed(
    _ properties: [(String, SchemaValue)], required: [String], isExtensible: Bool = false
  ) -> SchemaValue {
    var entries: [(String, SchemaValue)] = [
      ("type", .text("object")), ("properties", .object(properties)), ("additionalProperties", .boolean(false)),
    ]
    if isExtensible { entries.append(("patternProperties", .object([("^x-", .object([]))]))) }
    if !required.isEmpty { entries.append(("required", .list(required.map { .text($0) }))) }
    return .object(entries)
  }
}
