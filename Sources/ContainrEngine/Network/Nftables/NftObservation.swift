// The table as it is listed, taken apart into sections and lines; and how one differs from another. Pure.
internal import ContainrAddresses

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
  /// Of the table itself; `dormant` means that no packet sees it.
  public internal(set) var flags: [String] = []

  /// Takes a listing (or a ruleset text) of one table apart.
  init(listing: String) {
    var name: String?
    var family = ""
    var section = Section()
    var elements: [UInt8]?
    var depth = 0
    for line in listing.utf8.split(separator: UInt8(ascii: "\n")) {
      let trimmed = line.trimmingSpaces
      if elements != nil || trimmed.starts(with: "elements = {".utf8) {
        elements = (elements ?? []) + trimmed + [32]
        depth += NftText.openBraces(trimmed)
        if depth == 0, let whole = elements {
          let content = whole.drop { $0 != UInt8(ascii: "{") }.dropFirst().dropLast(2)
          section.lines = NftText.split(content, at: UInt8(ascii: ",")).sorted()
          elements = nil
        }
        continue
      }
      let text = String(Substring(trimmed))
      if text.hasPrefix("table ") {
        family = text.hasPrefix("table bridge ") ? "bridge " : ""
        name = nil
      } else if text.hasPrefix("chain ") || text.hasPrefix("map ") || text.hasPrefix("set ") {
        name = family + String(Substring(trimmed.prefix { $0 != UInt8(ascii: "{") }.trimmingSpaces))
        section = Section()
      } else if text == "}" {
        if let name { sections[name] = section }
        name = nil
      } else if let name {
        let declares = !Self.isChain(name) || text.hasPrefix("type ")
        if declares { section.declaration.append(text) } else { section.lines.append(text) }
      } else if text.hasPrefix("flags ") {
        flags.append(text)
      }
    }
  }

  /// What `self`, the expectation, has and `actual` has not, and the other way round; in the words of the plan.
  func differences(from actual: NftObservation) -> [String] {
    var found = actual.flags == flags ? [] : ["the table has the foreign `\(actual.flags.joined(separator: "; "))`"]
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
    let missing = wanted.less(there)
    var rest = Dictionary(grouping: there.less(wanted)) { key($0, in: name) }
    for line in missing {
      let key = key(line, in: name)
      if let other = rest[key]?.popLast() {
        found.append("\(words(key, in: name)) changed: expected `\(line)`, found `\(other)`")
      } else {
        found.append("\(words(key, in: name)) missing")
      }
    }
    let kind = isChain(name) ? "rule" : "element"
    found += rest.values.joined().sorted().map { "foreign \(kind) in \(name): `\($0)`" }
    if found.isEmpty { found.append("the rules of \(name) stand in another order") }
    return found
  }

  private static func isChain(_ name: String) -> Bool { name.hasPrefix("chain ") || name.hasPrefix("bridge chain ") }

  /// What a line is known by: the comment of a rule, the key of an element, the host's side of a published port.
  private static func key(_ line: String, in name: String) -> String {
    if isChain(name) { return NftText.label(of: line) }
    let key = line.range(ofText: " comment ").map { line[..<$0.lowerBound] } ?? line.prefix { $0 != ":" }
    let parts = key.split(separator: ".", omittingEmptySubsequences: true).map { $0.trimmingSpaces }
    guard name.hasPrefix("map publish"), let first = parts.first, let last = parts.last else {
      return String(key.trimmingSpaces)
    }
    let transport = Transport.allCases.first { String($0.number) == first }?.rawValue ?? String(first)
    let any = name.hasSuffix("6") ? "::" : "0.0.0.0"
    let text = parts.count > 2 ? parts[1..<(parts.count - 1)].joined(separator: ".") : any
    let address =
      IPAddress(text).map { $0 == .v6(HandoverLink.outside6) ? IPAddress.v6(.loopback) : $0 }?.bracketed ?? text
    return "\(address):\(last)/\(transport)"
  }

  private static func words(_ key: String, in name: String) -> String {
    if name.hasPrefix("map publish") { return "published port \(key)" }
    if isChain(name) { return "rule \(name.split(separator: " ").last ?? "")/\(key)" }
    return "element \(key) of \(name)"
  }
}

extension [String] {
  /// What is left when each of `others` takes one of its equals away.
  fileprivate func less(_ others: [String]) -> [String] {
    var counts = Dictionary(others.map { ($0, 1) }, uniquingKeysWith: +)
    return filter { line in
      guard let count = counts[line], count > 0 else { return true }
      counts[line] = count - 1
      return false
    }
  }
}

extension Substring {
  var trimmingSpaces: Substring { Substring(utf8.trimmingSpaces) }
}

extension BidirectionalCollection where Element == UInt8 {
  /// Without spaces and tabs around.
  var trimmingSpaces: SubSequence {
    var rest = self[...]
    while let first = rest.first, first == 32 || first == 9 { rest = rest.dropFirst() }
    while let last = rest.last, last == 32 || last == 9 { rest = rest.dropLast() }
    return rest
  }
}
