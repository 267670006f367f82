// Every place of a stack file where one scalar stands, found by walking the tables.
@testable import ContainrSpec

/// A place, and documents that have a value there and are right otherwise.
struct Place: Sendable {
  let name: String
  let form: ScalarForm
  /// Empty text is as wrong as no value.
  let mustBe: Bool
  let document: @Sendable (JSON) -> JSON

  static let all: [Place] = {
    var places: [Place] = []
    walk(.object(.service), "service", &places) { value in
      guard case .object(var entries) = value else { return value }
      entries["image"] = entries["image"] ?? .string("x")
      return .object(["services": .object(["web": .object(entries)])])
    }
    let rest = KeyTable.stack.rules.filter { !["services", "include", "version"].contains($0.name) }
    for rule in rest {
      walk(rule.shape, rule.name, &places) { value in
        .object([rule.name: value, "services": .object(["web": .object(["image": .string("x")])])])
      }
    }
    return places
  }()

  private static func walk(
    _ shape: Shape, _ name: String, mustBe: Bool = false, _ places: inout [Place],
    _ wrap: @escaping @Sendable (JSON) -> JSON
  ) {
    switch shape {
    case .any, .command, .test, .pairs, .ulimit, .external: return
    case .scalar(let form): places.append(Place(name: name, form: form, mustBe: mustBe, document: wrap))
    case .word(let form, let inner):
      places.append(Place(name: name, form: form, mustBe: mustBe, document: wrap))
      walk(inner, name, &places, wrap)
    case .list(let item, _): walk(item, "\(name)[]", mustBe: true, &places) { wrap(.array([$0])) }
    case .oneOrMany(let item, _): walk(item, "\(name)[]", mustBe: true, &places) { wrap(.array([$0])) }
    case .names(let table):
      if let table { walk(.object(table), "\(name).NAME", &places) { wrap(.object(["web": $0])) } }
    case .mapping(_, let inner, _): walk(inner, "\(name).NAME", &places) { wrap(.object(["web": $0])) }
    case .object(let table), .short(_, let table):
      if case .short(let form, _) = shape {
        places.append(Place(name: name, form: form, mustBe: mustBe, document: wrap))
      }
      for rule in table.rules where rule.name != "extends" {
        let required = table.rules.filter { $0.isRequired && $0.name != rule.name }
        walk(rule.shape, "\(name).\(rule.name)", mustBe: rule.isRequired, &places) { value in
          var entries = Dictionary(uniqueKeysWithValues: required.map { ($0.name, minimal($0.shape)) })
          // What no schema asks for, but a mount or a secret is nothing without.
          if table.definition == "mount" { entries["source"] = .string("data") }
          if let first = table.anyOf.first { entries[first] = .string("x") }
          entries[rule.name] = value
          return wrap(.object(entries))
        }
      }
    }
  }

  /// The least that a shape takes.
  static func minimal(_ shape: Shape) -> JSON {
    switch shape {
    case .scalar(let form), .short(let form, _): Samples.of(form).good[0]
    case .oneOrMany(let item, _): minimal(item)
    case .command, .test: .string("a")
    case .list: .array([])
    default: .object([:])
    }
  }
}
