// A changeset as a picture: SVG that any browser shows, and DOT for Graphviz. Pure.
internal import ContainrForeground
internal import ContainrReconcile

enum GraphPicture {
  /// A self-contained SVG document. `critical`: indices of the changes that took the longest way.
  static func svg(_ changeset: Changeset, critical: Set<Int> = []) -> String {
    let layout = GraphLayout(changeset)
    let size = "\(plain(layout.width)) \(plain(layout.height))"
    var out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\""
    out +=
      " width=\"\(plain(layout.width))\" height=\"\(plain(layout.height))\" font-family=\"monospace\" font-size=\"12\">\n"
    out += "<title>\(Markup.escaped("plan of \(changeset.stack)"))</title>\n"
    out +=
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
    out += "<path d=\"M0 0 L8 4 L0 8 z\" fill=\"#888\"/></marker></defs>\n"
    for edge in layout.edges {
      let (from, to) = (layout.nodes[edge.from], layout.nodes[edge.to])
      let (x1, y1) = (from.x + from.width, from.y + GraphNode.height / 2)
      let (x2, y2) = (to.x, to.y + GraphNode.height / 2)
      let middle = (x1 + x2) / 2
      let isCritical = critical.contains(edge.from) && critical.contains(edge.to)
      out +=
        "<path d=\"M\(plain(x1)) \(plain(y1)) C\(plain(middle)) \(plain(y1)) \(plain(middle)) \(plain(y2)) \(plain(x2)) \(plain(y2))\""
      out += " fill=\"none\" stroke=\"\(isCritical ? "#c0392b" : "#888")\" stroke-width=\"\(isCritical ? 2 : 1)\""
      out += "\(edge.isHard ? "" : " stroke-dasharray=\"4 3\"") marker-end=\"url(#arrow)\"/>\n"
    }
    for node in layout.nodes {
      let change = changeset.changes[node.index]
      let tip = change.reasons.map(\.text).joined(separator: "\n")
      out += "<g><title>\(Markup.escaped(tip.isEmpty ? node.words : tip))</title>"
      out +=
        "<rect x=\"\(plain(node.x))\" y=\"\(plain(node.y))\" width=\"\(plain(node.width))\" height=\"\(plain(GraphNode.height))\" rx=\"5\""
      out += " fill=\"\(colour(change))\" stroke=\"\(critical.contains(node.index) ? "#c0392b" : "#555")\"/>"
      out +=
        "<text x=\"\(plain(node.x + 10))\" y=\"\(plain(node.y + 16))\" fill=\"#111\">\(Markup.escaped(node.title))</text>"
      out +=
        "<text x=\"\(plain(node.x + 10))\" y=\"\(plain(node.y + 31))\" fill=\"#444\">\(Markup.escaped(node.words))</text></g>\n"
    }
    return out + "</svg>\n"
  }

  /// A digraph for Graphviz.
  static func dot(_ changeset: Changeset) -> String {
    let layout = GraphLayout(changeset)
    var out = "digraph \(JSONText.quoted("plan of \(changeset.stack)")) {\n  rankdir=LR;\n"
    out += "  node [shape=box, style=\"rounded,filled\", fontname=\"monospace\"];\n"
    for node in layout.nodes {
      let label = JSONText.quoted("\(node.title)\n\(node.words)")
      out += "  n\(node.index) [label=\(label), fillcolor=\"\(colour(changeset.changes[node.index]))\"];\n"
    }
    for edge in layout.edges { out += "  n\(edge.from) -> n\(edge.to)\(edge.isHard ? "" : " [style=dashed]");\n" }
    return out + "}\n"
  }

  /// New green, gone red, changed yellow, the rest grey: as in the text form.
  static func colour(_ change: Change) -> String {
    switch change.action {
    case .createContainer, .makeContainer, .createVolume: return change.effect >= .recreate ? "#f9e79f" : "#abebc6"
    case .ensureNetwork, .startSupervisor: return change.effect == .none ? "#abebc6" : "#f9e79f"
    case .removeContainer, .retireContainer, .vacateContainer, .removeNetwork, .removeVolume, .removeLeftover,
      .removeStack:
      return "#f5b7b1"
    case .startContainer, .updateContainer, .attachContainer, .detachContainer, .stopContainer,
      .switchTraffic:
      return "#f9e79f"
    default: return "#e5e7e9"
    }
  }

  private static func plain(_ value: Double) -> String { Displayed.number(value, digits: 1) }
}

/// Text inside HTML and SVG.
enum Markup {
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in Displayed.safe(text).unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
