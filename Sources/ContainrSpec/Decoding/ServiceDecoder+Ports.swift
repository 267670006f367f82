// ports: short, long, ranges; expanded to one entry a port.

extension ServiceDecoder {
  /// A range of a careless file times many services would fill the memory.
  private static let maximumPorts = 100_000

  mutating func decodePorts(_ reader: ObjectReader) {
    if let entry = reader["ports"], let items = context.items(entry.value, key: "ports") {
      for item in items {
        if case .mapping = item.content { longPort(item) } else { shortPort(item) }
      }
    }
    draft.plan.ports.sort { left, right in
      (left.containerPort, left.transport.rawValue, left.key) < (
        right.containerPort, right.transport.rawValue, right.key
      )
    }
  }

  private mutating func shortPort(_ item: YAMLNode) {
    context.lint(item)
    let range = context.value(item, key: "ports", expected: "a string, a number or a mapping") {
      text throws(ValueProblem) in try PortText.range(text)
    }
    if let range { add(range, at: item.span) }
  }

  private mutating func longPort(_ item: YAMLNode) {
    guard let reader = ObjectReader(item, .port, key: "ports", context: context) else { return }
    guard let target = reader["target"] else {
      context.error(.missingKey, "the port has no target", at: item.span, label: "needs 'target', the container's port")
      return
    }
    let container = context.value(target.value, key: "target", expected: "a number") { text throws(ValueProblem) in
      try PortText.numbers(text, in: text)
    }
    let transport = reader["protocol"].map { entry in
      context.value(entry.value, key: "protocol") { text throws(ValueProblem) in try PortText.transport(text) }
    }
    let address = reader["host_ip"].map { entry in
      context.value(entry.value, key: "host_ip") { text throws(ValueProblem) in
        if !text.isEmpty { _ = try AddressText.any(text) }
        return text
      }
    }
    let host = reader["published"].map { context.text($0.value, key: "published", expected: "a number") }
    // nil inside means: there, but wrong, and reported.
    guard let container, transport != .some(nil), address != .some(nil), host != .some(nil) else { return }
    do throws(ValueProblem) {
      func given(_ text: String??) -> String? { text.flatMap { $0 }.flatMap { $0.isEmpty ? nil : $0 } }
      let text = given(host).map { "\($0):\(target.value.scalar?.text ?? "")" } ?? target.value.scalar?.text ?? ""
      let range = try PortText.make(
        address: given(address), host: given(host), container: container, transport: transport.flatMap { $0 } ?? .tcp,
        text: text)
      add(range, at: target.keySpan, name: portName(reader["name"]), appProtocol: portName(reader["app_protocol"]))
    } catch {
      context.report(error, at: item)
    }
  }

  /// A label of an SRV record; nil also after a report.
  private func portName(_ entry: YAMLEntry?) -> String? {
    guard let entry, entry.value.scalar?.text.isEmpty != true else { return nil }
    return context.value(entry.value, key: entry.key) { text throws(ValueProblem) in
      let isLabel =
        (1...62).contains(text.utf8.count)
        && text.utf8.allSatisfy { NameText.isWord($0) || [45, 46, 95].contains($0) }
      guard isLabel else {
        throw ValueProblem(
          .cannotHonour, "\(DisplayText.quote(text)) cannot name a port",
          help: "use at most 62 letters, digits, '.', '_' and '-'")
      }
      return text
    }
  }

  private mutating func add(_ range: PortRange, at span: SourceSpan, name: String? = nil, appProtocol: String? = nil) {
    context.publishedPorts += range.container.count
    guard context.publishedPorts <= Self.maximumPorts else {
      context.error(
        .budget, "the stack publishes more than \(Self.maximumPorts) ports", at: span, label: "the limit is passed here"
      )
      return
    }
    for (index, container) in range.container.enumerated() {
      var port = PortPlan(
        hostAddress: range.address, hostPort: range.host.map { $0.lowerBound + index }, containerPort: container,
        transport: range.transport)
      port.name = name
      port.appProtocol = appProtocol
      port.hostRange = range.choice.map { PortSpan(first: $0.lowerBound, last: $0.upperBound) }
      let path = "ports.\(port.key)"
      if let first = draft.origins[path] {
        if draft.plan.ports.contains(port) {
          context.warning(
            .duplicateEntry, "the port \(port.key) is listed twice", at: span, label: "listed again here",
            secondary: [.init(span: first, label: "first listed here")])
          continue
        }
        // Two services are compared by the validator; here one repeats itself.
        context.error(
          .duplicatePort, "the port \(port.key) is published twice", at: span, label: "published again here",
          secondary: [.init(span: first, label: "first published here")])
        return
      }
      draft.origins[path] = span
      draft.plan.ports.append(port)
    }
  }
}
