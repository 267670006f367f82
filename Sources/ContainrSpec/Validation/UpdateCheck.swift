// What a rolling update asks of a service that it cannot have.

struct UpdateCheck {
  let context: LoadContext

  func check(_ service: ServiceDraft) {
    let updates = [("update_config", service.plan.update), ("rollback_config", service.plan.rollback)]
    for (key, update) in updates where update?.order == .startFirst {
      guard let attachment = service.plan.networks.first(where: { $0.ipv4Address != nil }) else { continue }
      context.error(
        .conflict, "'start-first' and a fixed address exclude each other",
        at: service.orderSpans[key] ?? service.nameSpan,
        label: "old and new run side by side",
        secondary: [
          .init(span: service.span("networks.\(attachment.network)"), label: "both would need this address")
        ],
        help: "remove 'ipv4_address', or write 'order: stop-first'")
    }
  }
}
