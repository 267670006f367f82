// The short form of a port: [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL], with ranges.
internal import ContainrAddresses

/// What one entry of `ports` says, ranges not yet expanded.
struct PortRange {
  /// nil: every address of the host, of each family that the service has; `0.0.0.0` and `::`: every one of a family.
  var address: String?
  /// One a container port; nil: any free port.
  var host: ClosedRange<Int>?
  /// Host ports for the one container port, of which each container gets its own.
  var choice: ClosedRange<Int>?
  var container: ClosedRange<Int>
  var transport: PortPlan.Transport
}

enum PortText {
  private static let help = "write 80, 8080:80, 127.0.0.1:8080:80, \"[::1]:8080:80\" or 5353:53/udp"

  static func range(_ text: String) throws(ValueProblem) -> PortRange {
    let halves = text.pieces("/")
    guard halves.count <= 2 else { throw ValueProblem(.port, "\(DisplayText.quote(text)) is not a port", help: help) }
    let transport = try transport(halves.count == 2 ? halves[1] : "tcp")
    let (address, host, inside) = split(halves[0])
    let container = try numbers(inside, in: text)
    func given(_ part: String?) -> String? { part.flatMap { $0.isEmpty ? nil : $0 } }
    return try make(
      address: given(address), host: given(host), container: container, transport: transport, text: text)
  }

  /// Checks and joins the parts, for the short and the long form.
  static func make(
    address: String?, host: String?, container: ClosedRange<Int>, transport: PortPlan.Transport, text: String
  ) throws(ValueProblem) -> PortRange {
    var range = PortRange(address: nil, host: nil, container: container, transport: transport)
    if let address {
      let parsed = try AddressText.any(address)
      if parsed.v6?.isLinkLocal == true {
        throw ValueProblem(
          .cannotHonour, "the port \(DisplayText.quote(text)) asks for an address of one link alone",
          label: "no packet from such an address is forwarded", help: "name another address of the host, or none")
      }
      range.address = (parsed.v6?.mappedIPv4.map { .v4($0) } ?? parsed).description
    }
    if let host, host != "0" {
      let hosts = try numbers(host, in: text)
      try checkPairing(hosts, container, text)
      if hosts.count == container.count { range.host = hosts } else { range.choice = hosts }
    }
    return range
  }

  private static func checkPairing(
    _ hosts: ClosedRange<Int>, _ container: ClosedRange<Int>, _ text: String
  ) throws(ValueProblem) {
    // One container port with a range of host ports: any free one of them, as Docker has it.
    guard hosts.count == container.count || container.count == 1 else {
      throw ValueProblem(
        .port, "the ranges of \(DisplayText.quote(text)) are not equally long",
        label: "\(hosts.count) host ports for \(container.count) container ports",
        help: "ranges pair one to one, such as 8000-8002:80-82")
    }
  }

  /// Whether the text is a port as the specification has it, whatever this version can publish.
  static func check(_ text: String) throws(ValueProblem) {
    let halves = text.pieces("/")
    guard halves.count <= 2 else { throw ValueProblem(.port, "\(DisplayText.quote(text)) is not a port", help: help) }
    if halves.count == 2 { _ = try transport(halves[1]) }
    let (address, host, container) = split(halves[0])
    if let address, !address.isEmpty { _ = try AddressText.any(address) }
    let inside = try numbers(container, in: text)
    if let host, !host.isEmpty, host != "0" { try checkPairing(try numbers(host, in: text), inside, text) }
  }

  /// `CONTAINER[/PROTOCOL]`, where the container's port may be a range.
  static func checkExposed(_ text: String) throws(ValueProblem) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if halves.count == 2 { _ = try transport(halves[1]) }
    _ = try numbers(halves[0], in: text)
  }

  /// `[ADDRESS:]HOST:CONTAINER`, where an IPv6 address may stand in brackets or not.
  static func split(_ text: String) -> (address: String?, host: String?, container: String) {
    guard let last = text.lastIndex(of: ":") else { return (nil, nil, text) }
    let container = String(text[text.index(after: last)...])
    let head = text[..<last]
    if let middle = head.lastIndex(of: ":"), !head.hasSuffix("]") {
      var address = head[..<middle]
      if address.first == "[", address.last == "]" { address = address.dropFirst().dropLast() }
      return (String(address), String(head[head.index(after: middle)...]), container)
    }
    return (nil, String(head), container)
  }

  static func transport(_ text: String) throws(ValueProblem) -> PortPlan.Transport {
    guard let transport = PortPlan.Transport(rawValue: text.lowercased()) else {
      throw ValueProblem(.port, "unknown protocol \(DisplayText.quote(text))", help: "write tcp, udp or sctp")
    }
    return transport
  }

  /// A port or a range of ports.
  static func numbers(_ text: String, in whole: String) throws(ValueProblem) -> ClosedRange<Int> {
    let ends = text.pieces("-")
    guard (1...2).contains(ends.count), ends.allSatisfy(\.isDigits) else {
      throw ValueProblem(.port, "\(DisplayText.quote(whole)) is not a port", help: help)
    }
    let numbers = ends.map { Int($0) ?? Int.max }
    guard numbers.allSatisfy({ (1...65535).contains($0) }) else {
      throw ValueProblem(.port, "the port \(DisplayText.quote(whole)) is out of range", label: "expected 1 to 65535")
    }
    guard numbers[0] <= numbers[numbers.count - 1] else {
      throw ValueProblem(.port, "the range \(DisplayText.quote(text)) runs backwards", help: help)
    }
    return numbers[0]...numbers[numbers.count - 1]
  }
}
