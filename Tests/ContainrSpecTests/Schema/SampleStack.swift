// Random stacks made from the tables, right in most places and wrong in some.
@testable import ContainrSpec

struct SampleStack {
  var random: any RandomNumberGenerator
  /// How many of a hundred values are wrong on purpose.
  var wrong = 4

  private static let junk: [JSON] = [
    .null, .boolean(true), .number(5), .number(-7), .number(1.5), .string(""), .string("x"), .array([]),
    .array([.string("a")]), .array([.number(1)]), .object([:]), .object(["a": .string("b")]), .array([.object([:])]),
    .array([.array([])]), .array([.null]), .object(["x-y": .number(1)]),
  ]

  mutating func stack() -> JSON {
    guard case .object(var entries) = object(.stack) else { return .null }
    // What other files bring is another test's.
    entries["include"] = nil
    var services: [String: JSON] = [:]
    for name in ["web", "b"] {
      guard case .object(var service) = object(.service) else { continue }
      service["extends"] = nil
      service["image"] = service["image"] ?? .string("x")
      services[name] = .object(service)
    }
    entries["services"] = chance(2) ? pick(Self.junk) : .object(services)
    return .object(entries)
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

  private mutating func object(_ table: KeyTable) -> JSON {
    var entries: [String: JSON] = [:]
    for rule in table.rules where rule.isRequired ? !chance(wrong) : chance(table.rules.count > 30 ? 6 : 40) {
      entries[rule.name] = value(rule.shape, mustBe: rule.isRequired)
    }
    if chance(wrong) { entries["unknwn"] = .number(1) }
    if chance(5) { entries["x-own"] = pick(Self.junk) }
    if let first = table.anyOf.first, !chance(wrong) { entries[first] = .string("x") }
    if table.definition == "mount" { entries["source"] = .string("data") }
    return .object(entries)
  }

  mutating func value(_ shape: Shape, mustBe: Bool = false) -> JSON {
    if chance(wrong) { return pick(Self.junk) }
    switch shape {
    case .any: return pick(Self.junk)
    case .scalar(let form): return scalar(form, mustBe: mustBe)
    case .list(let item, _):
      return .array((0..<Int.random(in: 0...2, using: &random)).map { _ in value(item, mustBe: true) })
    case .oneOrMany(let item, _):
      return chance(50)
        ? value(item) : .array((0..<Int.random(in: 0...2, using: &random)).map { _ in value(item, mustBe: true) })
    case .word(let form, let shape): return chance(50) ? scalar(form, mustBe: mustBe) : value(shape)
    case .command: return pick([.string("a b"), .array([.string("a"), .number(1), .boolean(true)]), .array([])])
    case .test: return pick([.string("a"), .array([.string("CMD"), .string("a")]), .array([.string("NONE")])])
    case .pairs(.hosts):
      return pick([
        .array([.string("a=1.1.1.1"), .string("b:2.2.2.2")]), .object(["a": .string("1.1.1.1")]),
        .object(["a": .array([.string("::1"), .string("host-gateway")])]),
      ])
    case .pairs:
      return pick([
        .array([.string("A=1"), .string("B")]), .object(["A": .number(1), "B": .null, "C": .boolean(true)]),
        .object([:]),
        .array([.boolean(true)]), .object(["A": .array([])]),
      ])
    case .names(let table):
      if chance(50) { return .array([.string("web")]) }
      return .object(["web": table.map { chance(30) ? .null : object($0) } ?? .null])
    case .mapping(let form, let shape, _):
      if chance(wrong), case .object = form { return .object(["a b": value(shape)]) }
      return .object(["web": value(shape)])
    case .object(let table): return object(table)
    case .short(let form, let table): return chance(50) ? scalar(form) : object(table)
    case .ulimit:
      return pick([
        .number(5), .object(["soft": .number(1), "hard": .number(2)]), .object(["soft": .number(1)]), .string("x"),
      ])
    case .external:
      return pick([.boolean(true), .string("false"), .object(["name": .string("a")]), .object(["nme": .null])])
    }
  }

  private mutating func scalar(_ form: ScalarForm, mustBe: Bool = false) -> JSON {
    let samples = Samples.of(form, mustBe: mustBe)
    return chance(wrong) && !samples.bad.isEmpty ? pick(samples.bad) : pick(samples.good)
  }
}

/// A generator whose numbers depend on its seed alone (splitmix64).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
