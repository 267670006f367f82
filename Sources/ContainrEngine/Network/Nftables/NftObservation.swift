// The table as it is listed, taken apart into sections and lines; and how one differs from another. Pure.

/// One table, canonical: sections by name, lines in order, elements sorted.
public struct NftObservation: Sendable, Hashable {
  /// A chain or a map.
  public struct Section: Sendable, Hashable {
    /// Type, hook, priority, policy, flags.
    public var declaration: [String] = []
    /// The rules of a chain, in order; or the elements of a map or set, sorted.
    public var lines: [String] = []
  }

  /// By `chain forward`, `map publish`.
  public private(set) var sections: [String: Section] = [:]

  /// Takes a listing (or a ruleset text) of one table apart.
  init(listing: String) {
    var name: String?
    var elements: String?
    for line in listing.split(separator: "\n") {
      let trimmed = line.trimmingSpaces
      if let open = elements {
        elements = open + " " + trimmed
      } else if trimmed.hasPrefix("elements = {") {
        elements = String(trimmed)
      } else if trimmed.hasPrefix("chain ") || trimmed.hasPrefix("map ") || trimmed.hasPrefix("set ") {
        let title = String(trimmed.prefix { $0 != "{" }.trimmingSpaces)
        sections[title] = Section()
        name = title
      } else if trimmed == "}" {
        name = nil
      } else if let name, !trimmed.hasPrefix("table "), !trimmed.hasPrefix("flags "), !trimmed.isEmpty {
        let text = String(trimmed)
        let declares = !name.hasPrefix("chain ") || text.hasPrefix("type ")
        if declares { sections[name]!.declaration.append(text) } else { sections[name]!.lines.append(text) }
      }
      if let open = elements, NftText.openBraces(open[...]) == 0, let name {
        let content = open.dropFirst("elements = {".count).dropLast()
        sections[name]!.lines = NftText.split(content, at: UInt8(ascii: ",")).sorted()
        elements = nil
      }
    }
  }

  /// What `self`, the expectation, has and `actual` has not, and the other way round; in the words of the plan.
  func differences(from actual: NftObservation) -> [String] {
    var found: [String] = []
    for name in Set(sections.keys).union(actual.sections.keys).sorted() {
      switch (sections[name], actual.sections[name]) {
      case (let wanted?, let there?):
        if wanted.declaration != there.declaration {
          found.append(
            "\(name) changed: expected `\(wanted.declaration.joined(separator: "; "))`, "
              + "found `\(there.declaration.joined(separator: "; "))`")
        }
        if wanted.lines != there.lines { found += Self.differences(in: name, wanted.lines, there.lines) }
      case (let wanted?, nil):
        found.append("\(name) missing")
        if name.hasPrefix("map publish") {
          found += wanted.lines.map { "published port \(Self.key($0, in: name)) missing" }
        }
      case (nil, _): found.append("foreign \(name)")
      }
    }
    return found
  }

  private static func differences(in name: String, _ wanted: [String], _ there: [String]) -> [String] {
    var found: [String] = []
    var rest = there
    var missing: [String] = []
    for line in wanted {
      if let index = rest.firstIndex(of: line) { rest.remove(at: index) } else { missing.append(line) }
    }
    for line in missing {
      let key = key(line, in: name)
      if let index = rest.firstIndex(where: { Self.key($0, in: name) == key }) {
        found.append("\(words(key, in: name)) changed: expected `\(line)`, found `\(rest.remove(at: index))`")
      } else {
        found.append("\(words(key, in: name)) missing")
      }
    }
    found += rest.map { "foreign \(name.hasPrefix("chain ") ? "rule" : "element") in \(name): `\($0)`" }
    if found.isEmpty { found.append("the rules of \(name) stand in another order") }
    return found
  }

  /// What a line is known by: the comment of a rule, the key of an element, the host's side of a published port.
  private static func key(_ line: String, in name: String) -> String {
    if name.hasPrefix("chain ") { return NftText.label(of: line) }
    let key = line.range(ofText: " comment ").map { line[..<$0.lowerBound] } ?? line.prefix { $0 != ":" }
    let parts = key.split(separator: ".", omittingEmptySubsequences: true).map { $0.trimmingSpaces }
    guard name.hasPrefix("map publish"), let first = parts.first, let last = parts.last else {
      return String(key.trimmingSpaces)
    }
    let transport = first == "6" ? "tcp" : first == "17" ? "udp" : String(first)
    let address = parts.count > 2 ? parts[1..<(parts.count - 1)].joined(separator: ".") : "0.0.0.0"
    return "\(address):\(last)/\(transport)"
  }

  private static func words(_ key: String, in name: String) -> String {
    if name.hasPrefix("map publish") { return "published port \(key)" }
    if name.hasPrefix("chain ") { return "rule \(name.dropFirst(6))/\(key)" }
    return "element \(key) of \(name)"
  }
}

extension Substring {
  var trimmingSpaces: Substring {
    var rest = self
    while let first = rest.utf8.first, first == 32 || first == 9 { rest = rest.dropFirst() }
    while let last = rest.utf8.last, last == 32 || last == 9 { rest = rest.dropLast() }
    return rest
  }
}
