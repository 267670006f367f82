// Text from files and containers made fit for a terminal, and quantities as people read them.

/// Text and quantities as they are shown.
package enum Displayed {
  /// The text without control characters, which could move the cursor or hide what follows.
  package static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !isControl(scalar) || scalar == "\n" {
        out.append(scalar)
      } else {
        out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      }
    }
    return String(out)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  /// How many columns the text takes: one a character, as the tables need it.
  package static func width(_ text: String) -> Int { text.count }

  /// `1.5 GB`-like, in powers of 1024 with the units of stack files: `64m`, `1.5g`.
  package static func bytes(_ count: UInt64) -> String {
    var value = Double(count)
    var units = ["b", "k", "m", "g", "t", "p"][...]
    while value >= 1024, units.count > 1 {
      value /= 1024
      units.removeFirst()
    }
    return "\(number(value, digits: value < 10 && units.first != "b" ? 1 : 0))\(units.first!)"
  }

  /// `0B`, `1.09kB`, `13.2MB`: in powers of 1000, with three digits, as Docker writes sizes.
  package static func decimalBytes(_ count: UInt64) -> String {
    var value = Double(count)
    var units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"][...]
    while value >= 1000, units.count > 1 {
      value /= 1000
      units.removeFirst()
    }
    let digits = value < 10 ? 2 : value < 100 ? 1 : 0
    return "\(number(value, digits: digits))\(units.first!)"
  }

  /// How long something took: `0.4 ms`, `12 ms`, `1.25 s`, `2 m 5 s`.
  package static func elapsed(nanoseconds: UInt64) -> String {
    let milliseconds = Double(nanoseconds) / 1e6
    if milliseconds < 10 { return "\(number(milliseconds, digits: 1)) ms" }
    if milliseconds < 1000 { return "\(number(milliseconds, digits: 0)) ms" }
    let seconds = milliseconds / 1000
    if seconds < 60 { return "\(number(seconds, digits: seconds < 10 ? 2 : 1)) s" }
    return "\(Int(seconds) / 60) m \(Int(seconds) % 60) s"
  }

  /// How long something has been there: the two largest units, `3s`, `5m 10s`, `2h 3m`, `4d 1h`.
  package static func age(seconds: UInt64) -> String {
    let units: [(UInt64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
    for (index, (size, name)) in units.enumerated() where seconds >= size {
      let first = "\(seconds / size)\(name)"
      guard index + 1 < units.count else { return first }
      let second = seconds % size / units[index + 1].0
      return second == 0 ? first : "\(first) \(second)\(units[index + 1].1)"
    }
    return "0s"
  }

  /// A number with so many digits behind the point, zeros there left out.
  package static func number(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    if rounded == rounded.rounded() { return String(Int64(rounded)) }
    let whole = Int64(rounded)
    var fraction = String(Int64(((rounded - Double(whole)) * scale).rounded()))
    while fraction.count < digits { fraction = "0" + fraction }
    while fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }

  /// `1 container`, `2 containers`.
  package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
