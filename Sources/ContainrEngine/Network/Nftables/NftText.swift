// Text of nft: what may stand in quotes, and how a listing is taken apart. Pure.

enum NftText {
  static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 }

  /// A comment: at most 120 bytes (the kernel keeps 128), nothing that ends the string.
  static func comment(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let safe = scalar.value < 32 || scalar.value == 127 || scalar == "\"" || scalar == "\\" ? "_" : scalar
      if result.utf8.count + String(safe).utf8.count > 120 { break }
      result.unicodeScalars.append(safe)
    }
    return "comment \"\(result)\""
  }

  /// The comment in a rule or element; the text itself if it has none.
  static func label(of line: String) -> String {
    guard let start = line.range(ofText: "comment \"") else { return line }
    return String(line[start.upperBound...].prefix { $0 != "\"" })
  }

  /// Splits at `separator` outside quotes and braces, and collapses white space.
  static func split(_ text: some Sequence<UInt8>, at separator: UInt8) -> [String] {
    var parts: [[UInt8]] = [[]]
    var depth = 0
    var quoted = false
    for byte in text {
      if byte == 34 { quoted.toggle() }
      if !quoted {
        if byte == 123 { depth += 1 }
        if byte == 125 { depth -= 1 }
        if byte == separator && depth == 0 {
          parts.append([])
          continue
        }
        if byte == 32 || byte == 9 || byte == 10 {
          if let last = parts[parts.count - 1].last, last != 32 { parts[parts.count - 1].append(32) }
          continue
        }
      }
      parts[parts.count - 1].append(byte)
    }
    return parts.map { part in
      String(decoding: part.last == 32 ? part.dropLast() : part[...], as: UTF8.self)
    }.filter { !$0.isEmpty }
  }

  /// The base chains at the forward hook of IP whose policy is to drop, of a listing of all chains: family and name of
  /// the table, and the chain's name.
  static func forwardDrops(in listing: String) -> [(table: [String], chain: String)] {
    var found: [(table: [String], chain: String)] = []
    var table: [String] = []
    var chain = ""
    for line in listing.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      if words.first == "table", words.count > 2 { table = [words[1], words[2]] }
      if words.first == "chain", words.count > 1 { chain = words[1] }
      guard words.first == "type", words.contains("forward"), String(line).range(ofText: "policy drop") != nil,
        ["ip", "inet"].contains(table.first)
      else { continue }
      found.append((table, chain))
    }
    return found
  }

  /// How many braces a line leaves open, outside quotes.
  static func openBraces(_ line: some Sequence<UInt8>) -> Int {
    var depth = 0
    var quoted = false
    for byte in line {
      if byte == 34 { quoted.toggle() }
      if quoted { continue }
      if byte == 123 { depth += 1 }
      if byte == 125 { depth -= 1 }
    }
    return depth
  }
}

extension String {
  /// The first place of `needle`.
  func range(ofText needle: String) -> Range<String.Index>? {
    let bytes = Array(needle.utf8)
    var start = utf8.startIndex
    while start != utf8.endIndex {
      var here = start
      var matched = 0
      while matched < bytes.count, here != utf8.endIndex, utf8[here] == bytes[matched] {
        here = utf8.index(after: here)
        matched += 1
      }
      if matched == bytes.count { return start..<here }
      start = utf8.index(after: start)
    }
    return nil
  }
}
