// What the command of a test is told of the stack: variables, from what `ps` shows. Pure.
internal import ContainrEngine
internal import ContainrHost
internal import ContainrReconcile

enum TestVariables {
  /// Sorted by name. Of a service with several containers it is the first. A name that two services make is the first's by
  /// name.
  static func of(_ containers: [ContainerStatus], stack: String, artifacts: String?) -> [(name: String, value: String)]
  {
    var all = ["CONTAINR_STACK": stack]
    if let artifacts { all["CONTAINR_ARTIFACTS"] = artifacts }
    for container in containers.sorted(by: { ($0.service, $0.index) < ($1.service, $1.index) })
    where !container.isOneOff && container.role == .serving {
      let prefix = "CONTAINR_\(word(container.service))"
      func set(_ name: String, _ value: String) { if all[prefix + name] == nil { all[prefix + name] = value } }
      if let address = container.addresses.first?.split(separator: " ").last { set("_ADDRESS", String(address)) }
      for port in container.ports.compactMap(Published.init) {
        set("_HOST", port.host)
        set("_PORT", port.port)
        set("_PORT_\(port.inside)\(port.transport == "tcp" ? "" : "_\(port.transport.uppercased())")", port.port)
      }
    }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// A service as a part of a variable's name.
  static func word(_ service: String) -> String {
    String(
      service.uppercased().unicodeScalars.map { scalar -> Character in
        switch scalar {
        case "A"..."Z", "0"..."9": Character(scalar)
        default: "_"
        }
      })
  }

  /// `0.0.0.0:8080->80/tcp`, `[::1]:53->53/udp`.
  struct Published: Hashable {
    /// Where this host reaches it.
    var host: String
    var port: String
    var inside: String
    var transport: String

    init?(_ text: String) {
      guard let arrow = text.firstRange(of: "->"), let slash = text.lastIndex(of: "/"), arrow.upperBound < slash,
        let colon = text[..<arrow.lowerBound].lastIndex(of: ":")
      else { return nil }
      let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
      host = address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address
      port = String(text[text.index(after: colon)..<arrow.lowerBound])
      inside = String(text[arrow.upperBound..<slash])
      transport = String(text[text.index(after: slash)...])
    }
  }
}
