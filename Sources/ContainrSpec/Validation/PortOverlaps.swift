// Finds host ports that two services publish.
internal import ContainrAddresses

struct PortOverlaps {
  let context: LoadContext

  private struct Slot: Hashable {
    let port: Int
    let transport: PortPlan.Transport
  }

  private struct Holder {
    let service: ServiceDraft
    let port: PortPlan
  }

  func check(_ services: [ServiceDraft]) {
    var holders: [Slot: [Holder]] = [:]
    var reported: Set<SourceSpan> = []
    for service in services where service.plan.replicas > 0 {
      for port in service.plan.ports {
        guard let number = port.hostPort else { continue }
        let slot = Slot(port: number, transport: port.transport)
        let span = service.span("ports.\(port.key)")
        let other = holders[slot]?.first { holder in
          Self.collide(holder.port.hostAddress, port.hostAddress)
        }
        // One finding a line, however long its range.
        if let other, reported.insert(span).inserted {
          context.error(
            .duplicatePort, "the host port \(port.key) is published twice", at: span, label: "published again here",
            secondary: [
              .init(
                span: other.service.span("ports.\(other.port.key)"),
                label: "first published by '\(other.service.plan.name)'")
            ], help: "choose another host port, or different addresses for the two")
        }
        holders[slot, default: []].append(Holder(service: service, port: port))
      }
    }
  }

  /// nil: every address of both families.
  static func collide(_ left: String?, _ right: String?) -> Bool {
    guard let a = left.flatMap({ IPAddress($0) }), let b = right.flatMap({ IPAddress($0) }) else { return true }
    return a.family == b.family && (a.isAny || b.isAny || a == b)
  }
}
