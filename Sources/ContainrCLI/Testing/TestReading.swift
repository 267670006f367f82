// What became of the services of a test, from what `up` left, from the containers, and from the events.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrJSON
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

struct TestReading {
  let engine: StackEngine
  let context: CommandContext
  let stack: StackPlan

  /// All of them, also those that have ended and those that were run once.
  func containers() throws -> [ContainerStatus] {
    try context.attempt { () throws(EngineError) in try engine.containers(stack: stack.name) }
  }

  /// Of this stack.
  func events() throws -> [ContainerEvent] {
    try context.attempt { () throws(EngineError) in try engine.events() }.filter { $0.subject.stack == stack.name }
  }

  /// Whether a container of a service that was run once has begun since then.
  func hasRun(_ service: String, since: UInt64) throws -> Bool {
    try events().contains { event in
      event.action == .die && event.time >= since && event.subject.service.hasPrefix("\(service)-run-")
    }
  }

  /// How each service is when `up` is over; `outcome` is the file that it left, if it came to it.
  func services(
    _ services: [TestRecord.Service], since: UInt64, outcome: UpOutcome, isUp: Bool
  ) throws -> [TestRecord.Service] {
    let (containers, events) = (try containers(), try events().filter { $0.time >= since })
    return services.map { service in
      var service = service
      let own = containers.filter { $0.service == service.name && $0.role == .serving }
      if let failure = outcome.failure(of: service.name, containers: own.map(\.name)) {
        service.state = .failed
        (service.message, service.details) = (failure.message, failure.details)
        service.place = failure.place ?? service.place
      } else if let waiting = own.first(where: { $0.pid != nil && !["healthy", nil].contains($0.health) }) {
        service.state = .failed
        service.message = "\(waiting.name) is \(waiting.health ?? "") and was to be healthy"
      } else if isUp || (!own.isEmpty && own.allSatisfy { $0.pid != nil || $0.exitCode == 0 }) {
        service.state = .ready
        service.seconds = Self.ready(service.name, events).map { Double($0 - since) / 1e9 }
      }
      return service
    }
  }

  /// When the last of what makes a service ready happened.
  private static func ready(_ service: String, _ events: [ContainerEvent]) -> UInt64? {
    let own = events.filter { $0.subject.service == service }
    let healthy = own.last { $0.action == .health && $0.attributes.contains { $0.value == "healthy" } }
    return (healthy ?? own.last { $0.action == .start || $0.action == .die })?.time
  }
}

/// The document that `up` leaves.
struct UpOutcome {
  struct Failure: Sendable, Hashable {
    var message: String
    var details: [String] = []
    var place: TestRecord.Place?
  }

  private var containers: [JSONValue] = []
  private var failures: [JSONValue] = []

  /// nil: it left none.
  init(_ bytes: [UInt8]?) throws {
    guard let bytes else { return }
    do throws(JSONSyntaxError) {
      let document = try JSONValue(bytes)
      containers = document["containers"]?.elements ?? []
      failures = document["outcome"]?["failures"]?.elements ?? []
    } catch { throw CommandExit(.failure, "the outcome of up is no JSON: \(error.reason)") }
  }

  /// A dependency that did not become ready kept others from starting.
  var hasWaited: Bool { failures.contains { $0["address"]?.text?.hasPrefix("service ") ?? false } }

  /// What is wrong with a service.
  func failure(of service: String, containers names: [String]) -> Failure? {
    if let container = containers.first(where: { $0["service"]?.text == service }) {
      let name = container["container"]?.text ?? service
      var details = (container["notes"]?.elements ?? []).compactMap(\.text)
      if let probe = container["probe"], let output = probe["output"]?.text {
        details.append("the probe: \(output)")
      }
      let log = (container["log"]?.elements ?? []).compactMap(\.text)
      if !log.isEmpty { details += ["\(name) wrote last:"] + log.map { "  \($0)" } }
      if let help = container["help"]?.text { details.append("help: \(help)") }
      return Failure(
        message: "\(name) \(container["message"]?.text ?? "")", details: details,
        place: container["location"]?.text.flatMap { TestRecord.Place($0) })
    }
    let addresses = ["service \(service)"] + names.map { "container \($0)" }
    return failures.first { addresses.contains($0["address"]?.text ?? "") }.map { failure in
      Failure(
        message: failure["message"]?.text ?? "it failed",
        place: failure["location"]?.text.flatMap { TestRecord.Place($0) })
    }
  }
}

extension JSONValue {
  fileprivate subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  fileprivate var elements: [JSONValue] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  fileprivate var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
