// x-containr.ingress and x-containr.egress, of a service and of its place on a network.

extension ServiceDecoder {
  mutating func decodeRates(_ reader: ObjectReader) {
    if let ingress = Self.rate("ingress", reader, context) {
      draft.plan.ingress = ingress.value
      draft.origins["x-containr.ingress"] = ingress.span
    }
    if let egress = Self.rate("egress", reader, context) {
      draft.plan.egress = egress.value
      draft.origins["x-containr.egress"] = egress.span
    }
  }

  /// `x-containr.KEY` below `reader`; nil: it is not said, or wrong and reported.
  static func rate(
    _ key: String, _ reader: ObjectReader, _ context: LoadContext
  ) -> (value: RatePlan, span: SourceSpan)? {
    guard let entry = reader["x-containr"]?.value.entries?.first(where: { $0.key == key }), !entry.value.isNull
    else { return nil }
    func rate(_ node: YAMLNode) -> Int64? {
      context.value(node, key: key) { text throws(ValueProblem) in try RateText.bytes(text) }
    }
    guard case .mapping = entry.value.content else {
      return rate(entry.value).map { (RatePlan(rate: $0), entry.keySpan) }
    }
    guard let parts = ObjectReader(entry.value, .containrRate, key: key, context: context) else { return nil }
    guard let first = parts["rate"] else {
      context.error(
        .missingKey, "'\(key)' needs a rate", at: entry.keySpan, label: "no 'rate'", help: "write '\(key): 10mbit'")
      return nil
    }
    var burst: Int64?
    if let entry = parts["burst"] {
      burst = context.value(entry.value, key: "burst") { text throws(ValueProblem) in try RateText.burst(text) }
      if burst == nil { return nil }
    }
    return rate(first.value).map { (RatePlan(rate: $0, burst: burst), entry.keySpan) }
  }
}
