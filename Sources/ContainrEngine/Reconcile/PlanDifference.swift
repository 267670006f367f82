// What differs between two plans, or between a plan and what was applied: for people, in the words of a changeset.
// Nothing is to be done; effects say what going from one to the other costs.
public import ContainrSpec

/// One object of a plan: a service, a network or a volume.
public struct PlanPart: Sendable, Hashable {
  /// Such as `service web`.
  public var address: String
  /// Sorted by path.
  public var fields: [PlanField]
  /// Where each field comes from, by its path.
  public var origins: [String: SourceLocation]
  /// Where its name stands.
  public var location: SourceLocation?
  /// What is in its configs and secrets, as far as that is known, sorted by target.
  public var contents: [PartContent] = []

  /// One object; what was only recorded has no places.
  public init(
    address: String, fields: [PlanField], origins: [String: SourceLocation] = [:], location: SourceLocation? = nil
  ) {
    self.address = address
    self.fields = fields
    self.origins = origins
    self.location = location
  }
}

extension StackPlan {
  /// Its objects.
  public var parts: [PlanPart] {
    services.map {
      PlanPart(address: "service \($0.name)", fields: $0.fields, origins: $0.origins, location: $0.location)
    }
      + networks.map {
        PlanPart(address: "network \($0.key)", fields: $0.fields, origins: $0.origins, location: $0.location)
      }
      + volumes.map {
        PlanPart(
          address: "volume \($0.key)", fields: $0.fields, origins: $0.origins ?? [:], location: $0.location)
      }
  }
}

/// One object that differs.
public struct PlanDifference: Sendable, Hashable {
  /// What became of it.
  public enum Kind: String, Sendable { case added, changed, removed }
  /// Such as `service web`.
  public var address: String
  /// What became of it.
  public var kind: Kind
  /// Field by field; empty for what came or went as a whole.
  public var reasons: [ChangeReason]
  /// Where its name stands; of what is removed, where it stood.
  public var location: SourceLocation?
}

/// What leads from one set of objects to another, sorted by address: services, networks, volumes.
public func planDifferences(from old: [PlanPart], to new: [PlanPart]) -> [PlanDifference] {
  let before = Dictionary(old.map { ($0.address, $0) }) { first, _ in first }
  let after = Dictionary(new.map { ($0.address, $0) }) { first, _ in first }
  var found: [PlanDifference] = []
  for address in Set(before.keys).union(after.keys).sorted() {
    switch (before[address], after[address]) {
    case (let old?, let new?):
      let isService = address.hasPrefix("service ")
      let reasons =
        differences(from: old.fields, to: new.fields, origins: new.origins, fallback: new.location) {
          isService
            ? EffectTable.rule(of: $0, old: $1, new: $2)
            : new.address.hasPrefix("volume ") ? EffectTable.volumeRule(of: $0, holdsData: false) : .network
        } + contentDifferences(from: old, to: new)
      if reasons.isEmpty { continue }
      found.append(PlanDifference(address: address, kind: .changed, reasons: reasons, location: new.location))
    case (nil, let new?):
      found.append(PlanDifference(address: address, kind: .added, reasons: [], location: new.location))
    case (let old?, nil):
      found.append(PlanDifference(address: address, kind: .removed, reasons: [], location: old.location))
    case (nil, nil): break
    }
  }
  let order = ["service", "network", "volume"]
  func rank(_ address: String) -> Int { order.firstIndex { address.hasPrefix($0) } ?? order.count }
  return found.sorted { (rank($0.address), $0.address) < (rank($1.address), $1.address) }
}

extension PlanDifference {
  /// One line an object, its fields indented below, each line ended by a newline.
  public static func text(_ differences: [PlanDifference]) -> String {
    var out = ""
    for difference in differences {
      let symbol =
        switch difference.kind {
        case .added: "+"
        case .changed: "~"
        case .removed: "-"
        }
      out += "\(symbol)   \(difference.address)   \(difference.kind.rawValue)"
      if difference.kind == .added, let location = difference.location { out += "   \(location.explained)" }
      out += "\n"
      for reason in difference.reasons { out += "      \(reason.text)\n" }
    }
    let counts = [Kind.added, .changed, .removed].compactMap { kind in
      let count = differences.count { $0.kind == kind }
      return count == 0 ? nil : "\(count) \(kind.rawValue)"
    }
    return out + (counts.isEmpty ? "no difference" : counts.joined(separator: ", ")) + "\n"
  }

  /// The elements of a JSON array, one a line.
  public static func json(_ differences: [PlanDifference]) -> [String] {
    differences.map { difference in
      var parts = [
        "\"address\": \(JSONLiteral.string(difference.address))",
        "\"change\": \(JSONLiteral.string(difference.kind.rawValue))",
      ]
      if let location = difference.location { parts.append("\"origin\": \(place(location))") }
      parts.append("\"fields\": [\(difference.reasons.map { $0.json() }.joined(separator: ", "))]")
      return "{\(parts.joined(separator: ", "))}"
    }
  }
}
