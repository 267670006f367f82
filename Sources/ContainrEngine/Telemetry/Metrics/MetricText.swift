// Families of metrics as text, in the two forms that collectors read. Pure.
// Sources: OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/); the older text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/), which is all that node_exporter's textfile collector reads.

/// How they are written.
public enum MetricText: String, Sendable, Hashable, CaseIterable {
  case openmetrics, prometheus

  /// For the head of an answer by HTTP.
  public var contentType: String {
    switch self {
    case .openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    }
  }

  /// The whole text. A family without samples is left out.
  public func bytes(_ families: [MetricFamily]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(families.reduce(64) { $0 + 256 + $1.points.count * 128 })
    for family in families where !family.points.isEmpty { write(family, to: &out) }
    if self == .openmetrics { out += "# EOF\n".utf8 }
    return out
  }

  private func write(_ family: MetricFamily, to out: inout [UInt8]) {
    let kind = family.kind
    // The older form knows no suffixes: a family is called what its samples are.
    let name = self == .openmetrics ? kind.name : kind.sampleName
    out += "# HELP \(name) ".utf8
    escape(kind.help, quotes: self == .openmetrics, to: &out)
    out += "\n# TYPE \(name) \(typeWord(kind.shape))\n".utf8
    if self == .openmetrics, let unit = kind.unit { out += "# UNIT \(name) \(unit)\n".utf8 }
    let sample = Array(kind.sampleName.utf8)
    for point in family.points {
      out += sample
      for (index, label) in point.labels.enumerated() {
        out.append(UInt8(ascii: index == 0 ? "{" : ","))
        out += label.name.utf8
        out += "=\"".utf8
        escape(label.value, quotes: true, to: &out)
        out.append(UInt8(ascii: "\""))
      }
      if !point.labels.isEmpty { out.append(UInt8(ascii: "}")) }
      out.append(UInt8(ascii: " "))
      write(point.value, to: &out)
      out.append(10)
    }
  }

  private func typeWord(_ shape: MetricKind.Shape) -> String {
    switch (self, shape) {
    case (.openmetrics, _), (_, .counter), (_, .gauge): shape.rawValue
    case (.prometheus, .info), (.prometheus, .stateset): "gauge"
    }
  }

  private func write(_ value: MetricValue, to out: inout [UInt8]) {
    switch value {
    case .count(let count): out += String(count).utf8
    case .nanoseconds(let time):
      out += String(time / 1_000_000_000).utf8
      let rest = time % 1_000_000_000
      if rest == 0 { return }
      var digits = Array(String(rest).utf8)
      digits = Array(repeating: UInt8(ascii: "0"), count: 9 - digits.count) + digits
      while digits.last == UInt8(ascii: "0") { digits.removeLast() }
      out.append(UInt8(ascii: "."))
      out += digits
    case .number(let number): out += "\(number)".utf8
    }
  }

  /// Backslash and line feed, and quotes where they would end something.
  private func escape(_ text: String, quotes: Bool, to out: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): out += "\\\\".utf8
      case 10: out += "\\n".utf8
      case UInt8(ascii: "\"") where quotes: out += "\\\"".utf8
      default: out.append(byte)
      }
    }
  }
}
