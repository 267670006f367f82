// The forms of single values: how each is checked, and how the schema writes it down.

/// What one scalar may say.
enum ScalarForm: Sendable {
  /// A string or a number, taken as it is written.
  case string
  /// As `string`, where an empty one is a value like others: a file's content.
  case content
  /// A string that is not empty.
  case text
  /// A string, a number or a boolean.
  case any
  case boolean
  case integer(ClosedRange<Int64>)
  /// A number that may have a fraction.
  case number(ClosedRange<Double>)
  /// Number of CPUs.
  case processors
  case byteSize
  /// A size, or -1 for no limit.
  case byteSizeOrUnlimited
  case duration
  /// A duration, or a number of microseconds.
  case durationOrNumber
  /// A number of devices, or `all`.
  case countOrAll
  /// The host's port or range of ports; empty or 0 for a free one.
  case published
  /// An address of the host; empty for all.
  case hostAddress
  case oneOf([String])
  /// Words that the specification knows; others may mean something to a platform.
  case known([String])
  /// Absolute path inside a container.
  case containerPath
  /// A path of the host; relative ones count from the directory of the file.
  case hostPath
  /// A path of the host, or an image or an OCI layout by `image:` or `oci:`.
  case layer
  /// As `hostPath`, but URLs and names of remote resources stay as they are.
  case contextPath
  case serviceName
  case objectName(String)
  case projectName
  case hostName
  /// A further name in DNS.
  case alias
  case ipv4, ipv6, address, subnet
  /// An address of 169.254.0.0/16 or fe80::/10.
  case linkLocal
  /// The name of a network interface, and what such names begin with.
  case interfaceName, interfacePrefix
  /// Parameters of an interface, with IFNAME for its name.
  case interfaceParameters
  /// An address, or nothing.
  case nameServer
  case macAddress
  case mode
  case cpuset
  case capability
  case signal
  case user
  /// An id of a user or group, or a name.
  case id
  /// A port or a range of ports.
  case ports
  case transport
  case restart
  case restartCondition
  case pullPolicy
  /// A port or a range of the container, with its protocol.
  case exposed
  case portShort, mountShort, deviceShort, fileMountShort, tmpfsShort, deviceRule
  case networkMode
  /// `host`, `private` and the like, or `service:NAME`, `container:NAME`; platforms may have words of their own.
  case namespace([String])
  case cron
  case changeReaction
  /// Bits or bytes a second, and how many bytes may go at once.
  case rate, burst

  /// Patterns and types of the schema: what a value looks like before interpolation.
  struct Written {
    var types: [String]
    var pattern: String?
    var values: [String] = []
    var minimum: String?
    var maximum: String?
  }
}

extension ScalarForm {
  /// What the form is called in findings, with an article.
  var expected: String {
    switch self {
    case .boolean: "a boolean"
    case .integer, .number, .processors: "a number"
    case .byteSize, .byteSizeOrUnlimited, .burst: "a size"
    case .rate: "a rate"
    case .duration: "a duration"
    default: "a string"
    }
  }

  /// Whether empty text says as little as no key at all, so that `user: ${UID:-}` is right without the variable.
  var emptyIsUnset: Bool {
    switch self {
    case .user, .hostName, .signal, .restart, .restartCondition, .networkMode, .namespace, .containerPath, .ipv4, .ipv6,
      .macAddress, .contextPath, .cpuset, .known, .objectName, .pullPolicy, .string, .interfaceName:
      true
    default: false
    }
  }

  /// Checks a text, after interpolation.
  func check(_ text: String) throws(ValueProblem) {
    switch self {
    case .string, .content, .any, .boolean, .known: return
    case .layer: _ = try LayerText.layer(text, base: "/", home: nil)
    case .text, .hostPath, .contextPath, .namespace, .networkMode:
      guard !text.isEmpty else { throw ValueProblem(.invalidValue, "an empty text has no meaning here") }
      switch self {
      case .networkMode, .namespace: try NamespaceText.check(text)
      default: return
      }
    case .integer(let range): _ = try NumberText.integer(text, range)
    case .number(let range): try NumberText.number(text, range)
    case .processors: _ = try NumberText.milliCPUs(text)
    case .byteSize: _ = try ByteSizeText.bytes(text)
    case .byteSizeOrUnlimited: if text != "-1" { _ = try ByteSizeText.bytes(text) }
    case .duration: _ = try DurationText.nanoseconds(text)
    case .durationOrNumber:
      if !CoreNumber.isInteger(Array(text.utf8)) { _ = try DurationText.nanoseconds(text) }
    case .countOrAll: if text != "all" { _ = try NumberText.integer(text, -1...Int64.max) }
    case .published: if !text.isEmpty, text != "0" { _ = try PortText.numbers(text, in: text) }
    case .hostAddress: if !text.isEmpty { _ = try AddressText.any(text) }
    case .oneOf(let words): try Self.check(text, among: words)
    case .containerPath: _ = try PathText.inContainer(text)
    case .serviceName: _ = try NameText.service(text)
    case .objectName(let what): _ = try NameText.object(text, what)
    case .projectName: try NameText.checkProject(text)
    case .hostName: _ = try NameText.host(text)
    case .alias: _ = try NameText.alias(text)
    case .ipv4: _ = try AddressText.ipv4(text)
    case .ipv6: _ = try AddressText.ipv6(text)
    case .address: _ = try AddressText.any(text)
    case .linkLocal: _ = try AddressText.linkLocal(text)
    case .interfaceName: _ = try InterfaceText.name(text)
    case .interfacePrefix: _ = try InterfaceText.prefix(text)
    case .interfaceParameters: _ = try InterfaceText.sysctls(text)
    case .nameServer: if !text.isEmpty { _ = try AddressText.any(text) }
    case .subnet: _ = try AddressText.subnet(text)
    case .macAddress: try AddressText.mac(text)
    case .mode: _ = try NumberText.mode(text)
    case .cpuset: if !text.isEmpty { _ = try NumberText.cpuset(text) }
    case .capability: _ = try CapabilityText.name(text)
    case .signal: _ = try SignalText.name(text)
    case .user: _ = try UserText.user(text)
    case .id: _ = try UserText.id(text)
    case .ports: _ = try PortText.numbers(text, in: text)
    case .transport: try Self.check(text.lowercased(), among: ["tcp", "udp", "sctp"])
    case .restart: _ = try RestartText.policy(text)
    case .restartCondition: _ = try RestartText.condition(text)
    case .pullPolicy: try PullPolicyText.check(text)
    case .exposed: try PortText.checkExposed(text)
    case .portShort: try PortText.check(text)
    case .mountShort: _ = try MountText.parts(text)
    case .deviceShort: try DeviceText.check(text)
    case .deviceRule: try DeviceText.rule(text)
    case .fileMountShort: _ = try NameText.object(text, "config or secret")
    case .tmpfsShort: try MountText.tmpfs(text)
    case .cron: _ = try ScheduleText.plan(text)
    case .changeReaction: _ = try Self.reaction(text)
    case .rate: _ = try RateText.bytes(text)
    case .burst: _ = try RateText.burst(text)
    }
  }

  static func check(_ text: String, among words: [String]) throws(ValueProblem) {
    guard !words.contains(text) else { return }
    let near = NearestName.suggestion(for: text, among: words)
    throw ValueProblem(
      .invalidValue, "\(DisplayText.quote(text)) is not one of the words that are known here",
      label: "expected \(words.count == 1 ? "" : "one of ")\(words.joined(separator: ", "))",
      help: near.map { "did you mean '\($0)'?" })
  }

  /// What changed content does.
  static func reaction(_ text: String) throws(ValueProblem) -> ChangeReaction {
    guard text.hasPrefix("signal:") else {
      try check(text, among: ["recreate", "restart", "none"])
      return ChangeReaction(rawValue: text) ?? .none
    }
    let name = try SignalText.name(String(text.dropFirst(7)))
    guard name != "SIGKILL", name != "SIGSTOP" else {
      throw ValueProblem(
        .signal, "no program can act on \(name)", label: "it would end or halt the container",
        help: "write signal:HUP or another signal that the program knows, or 'restart'")
    }
    return .signal(name)
  }
}
