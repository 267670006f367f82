// What makes two entries of a list the same: only such entries replace each other when files are merged.

enum NodeIdentity {
  /// The identity of an entry; nil: it is like no other, or not written as it should be.
  static func key(of node: YAMLNode, _ identity: Identity) -> String? {
    switch identity {
    case .position: return nil
    case .text: return node.scalar?.text
    case .port: return port(node)
    case .mountTarget: return mount(node)
    case .tmpfsTarget: return node.scalar.map { PathText.normalise(String($0.text.prefix { $0 != ":" })) }
    case .deviceTarget: return device(node)
    case .fileTarget(let directory): return file(node, directory)
    case .path: return node.scalar?.text ?? node.value("path")?.scalar?.text
    case .subnet: return node.value("subnet")?.scalar?.text
    }
  }

  private static func port(_ node: YAMLNode) -> String? {
    if let scalar = node.scalar {
      let halves = scalar.text.pieces("/")
      let (address, host, container) = PortText.split(halves[0])
      return [anyAddress(address ?? ""), host ?? "", container, halves.count > 1 ? halves[1].lowercased() : "tcp"]
        .joined(
          separator: "|")
    }
    func text(_ key: String) -> String { node.value(key)?.scalar?.text ?? "" }
    let transport = text("protocol").lowercased()
    return [anyAddress(text("host_ip")), text("published"), text("target"), transport.isEmpty ? "tcp" : transport]
      .joined(
        separator: "|")
  }

  /// All addresses have two names: none, and this one.
  private static func anyAddress(_ text: String) -> String { text == "0.0.0.0" ? "" : text }

  private static func mount(_ node: YAMLNode) -> String? {
    if let scalar = node.scalar {
      let parts = scalar.text.pieces(":")
      return PathText.normalise(parts.count > 1 ? parts[1] : parts[0])
    }
    return node.value("target")?.scalar.map { PathText.normalise($0.text) }
  }

  private static func device(_ node: YAMLNode) -> String? {
    if let scalar = node.scalar {
      let parts = scalar.text.pieces(":")
      return parts.count > 1 ? parts[1] : parts[0]
    }
    return (node.value("target") ?? node.value("source"))?.scalar?.text
  }

  private static func file(_ node: YAMLNode, _ directory: String) -> String? {
    guard let name = node.scalar?.text ?? (node.value("target") ?? node.value("source"))?.scalar?.text else {
      return nil
    }
    return name.hasPrefix("/") ? name : "\(directory)/\(name)"
  }
}
