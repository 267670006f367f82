// A plan or an apply as one HTML page without anything from elsewhere. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrReconcile
internal import ContainrSpec

struct HTMLReport {
  var changeset: Changeset
  /// Where the stack comes from, as the user named it.
  var file: String
  /// What was found that stands in the way.
  var problems: [String] = []
  /// nil: nothing was applied.
  var timeline: Timeline?
  /// Those that are not well.
  var containers: [FailedContainer] = []

  private static let style = """
    body{font:14px/1.45 system-ui,sans-serif;margin:2em;color:#111;background:#fff;max-width:1400px}
    h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}table{border-collapse:collapse;width:100%}
    td,th{text-align:left;padding:.3em .8em;border-bottom:1px solid #ddd;vertical-align:top}th{background:#f4f6f7}
    code,pre,.m{font-family:monospace;font-size:12px}.e{white-space:nowrap}.bad{color:#c0392b}.box{overflow-x:auto;border:1px solid #ddd;border-radius:6px}
    .none{color:#777}.loss{color:#fff;background:#c0392b;padding:0 .4em;border-radius:3px}
    @media(prefers-color-scheme:dark){body{background:#16191c;color:#ddd}th{background:#23282d}td,th,.box{border-color:#3a4046}svg{background:#fff}}
    """

  /// The page.
  var text: String {
    let title = "\(timeline == nil ? "Plan" : "Apply") of \(changeset.stack)"
    let path = timeline.map { $0.criticalPath(changeset) } ?? []
    var out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>\(Markup.escaped(title))</title>"
    out +=
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>\(Self.style)</style></head><body>\n"
    out +=
      "<h1>\(Markup.escaped(title))</h1>\n<p>\(Markup.escaped(file)): \(Markup.escaped(changeset.isEmpty ? "nothing to do" : changeset.summary)).</p>\n"
    if !problems.isEmpty {
      out += "<h2 class=\"bad\">What stands in the way</h2><ul>"
      out += problems.map { "<li>\(Markup.escaped($0))</li>" }.joined() + "</ul>\n"
    }
    if !containers.isEmpty { out += unwell }
    if !changeset.isEmpty { out += changes }
    if let timeline { out += times(timeline, path) }
    if !changeset.isEmpty {
      out += "<h2>Order</h2><p>Solid: needs it done. Dashed: waits until it has ended."
      out += path.isEmpty ? "" : " Red: the longest way."
      out += "</p><div class=\"box\">\(GraphPicture.svg(changeset, critical: Set(path)))</div>\n"
    }
    return out + "</body></html>\n"
  }

  private var unwell: String {
    var out = "<h2 class=\"bad\">Containers that are not well</h2>\n"
    for container in containers {
      let report = container.report
      out += "<p><span class=\"m\">\(Markup.escaped(report.container))</span> \(Markup.escaped(report.message))"
      if let place = report.location { out += " <span class=\"m\">\(Markup.escaped(place.explained))</span>" }
      out += "</p>\n"
      for note in FailureView.notes(of: container) { out += "<pre>\(Markup.escaped(Displayed.safe(note)))</pre>\n" }
      if let help = report.help { out += "<p>\(Markup.escaped(help))</p>\n" }
    }
    return out
  }

  private var changes: String {
    var out =
      "<h2>Changes</h2><table><tr><th>What</th><th>Done to it</th><th>Why</th><th>Cost</th><th>Where it comes from</th></tr>\n"
    for change in changeset.changes where !change.reasons.isEmpty {
      for (index, reason) in change.reasons.enumerated() {
        let head =
          index == 0
          ? "<td class=\"m\">\(Markup.escaped(change.address))</td><td>\(Markup.escaped(change.pictureWords))</td>"
          : "<td></td><td></td>"
        out += "<tr>\(head)<td class=\"m\">\(Markup.escaped(Self.words(reason)))</td>"
        out +=
          "<td class=\"e\">\(Self.cost(reason.effect))</td><td class=\"m\">\(Markup.escaped(reason.origin?.explained ?? ""))</td></tr>\n"
      }
    }
    return out + "</table>\n"
  }

  private static func words(_ reason: ChangeReason) -> String {
    guard reason.old != nil || reason.new != nil else {
      return reason.kind == .drift ? "drift: \(reason.path)" : reason.path
    }
    return
      "\(reason.path): \(reason.old ?? "(not set)") → \(reason.new ?? "(not set)")\(reason.kind == .drift ? " (drift)" : "")"
  }

  private static func cost(_ effect: ChangeEffect) -> String {
    switch effect {
    case .none: "<span class=\"none\">none</span>"
    case .dataLoss: "<span class=\"loss\">data loss</span>"
    case .inPlace, .restart, .recreate: effect.rawValue
    }
  }

  // MARK: times

  private func times(_ timeline: Timeline, _ path: [Int]) -> String {
    let total = Displayed.elapsed(nanoseconds: timeline.end)
    let share = Int((timeline.coverage(changeset) * 100).rounded())
    var out =
      "<h2>Time: \(total)</h2><p>Red: the longest way; with the command's own phases it accounts for \(share) % of the time.</p>\n"
    out += "<div class=\"box\">\(bars(timeline, Set(path)))</div>\n"
    if !timeline.failures.isEmpty {
      out += "<h2 class=\"bad\">Failures</h2><ul>"
      for (index, message) in timeline.failures.sorted(by: { $0.key < $1.key }) {
        out +=
          "<li><span class=\"m\">\(Markup.escaped(changeset.changes[index].address))</span>: \(Markup.escaped(message))</li>"
      }
      out += "</ul>\n"
    }
    return out
  }

  private struct Row {
    var title: String
    var span: Timeline.Span
    var colour: String
  }

  private func bars(_ timeline: Timeline, _ critical: Set<Int>) -> String {
    var rows = timeline.phases.map { Row(title: $0.name, span: $0.span, colour: "#aab7b8") }
    rows += timeline.changes.sorted { ($0.value.begin, $0.key) < ($1.value.begin, $1.key) }.map { index, span in
      let change = changeset.changes[index]
      return Row(
        title: "\(change.pictureTitle) \(change.pictureWords)", span: span,
        colour: critical.contains(index) ? "#e74c3c" : "#5dade2")
    }
    rows.sort { $0.span.begin < $1.span.begin }
    let label = Double(rows.map(\.title.count).max() ?? 0) * 7.3 + 20
    let scale = 800 / Double(max(1, timeline.end))
    let height = rows.count * 18 + 10
    var out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(label) + 960)\" height=\"\(height)\" font-family=\"monospace\" font-size=\"12\">\n"
    for (number, row) in rows.enumerated() {
      let y = number * 18 + 5
      let x = label + Double(row.span.begin) * scale
      let width = max(1.5, Double(row.span.length) * scale)
      out += "<text x=\"10\" y=\"\(y + 12)\" fill=\"#111\">\(Markup.escaped(row.title))</text>"
      out +=
        "<rect x=\"\(Displayed.number(x, digits: 1))\" y=\"\(y + 2)\" width=\"\(Displayed.number(width, digits: 1))\" height=\"13\" fill=\"\(row.colour)\"/>"
      out +=
        "<text x=\"\(Displayed.number(x + width + 5, digits: 1))\" y=\"\(y + 12)\" fill=\"#444\">\(Displayed.elapsed(nanoseconds: row.span.length))</text>\n"
    }
    return out + "</svg>"
  }
}
