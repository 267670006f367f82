// Answers from one network's zone: a pure function of query, asker and zone.

/// The names of one network.
public struct DNSZone: Sendable, Hashable {
  /// Lower-case names without final dot; addresses sorted.
  public let names: [String: [IPv4Address]]
  /// The name that an address answers to.
  public let reverse: [IPv4Address: String]
  /// By asker: names of other networks that it is on as well. Nobody else is told them.
  public let personal: [IPv4Address: [String: [IPv4Address]]]

  /// `names` are services, aliases, container names and host names alike. Without `reverse`, an address answers to the
  /// first of its names in alphabetical order.
  public init(
    _ names: [String: [IPv4Address]] = [:], reverse: [IPv4Address: String] = [:],
    personal: [IPv4Address: [String: [IPv4Address]]] = [:]
  ) {
    self.personal = personal
    var all: [String: Set<IPv4Address>] = [:]
    var back = reverse
    for (name, addresses) in names.sorted(by: { $0.key < $1.key }) {
      all[(DNSName(name)?.text) ?? name, default: []].formUnion(addresses)
      for address in addresses where back[address] == nil { back[address] = name }
    }
    self.names = all.mapValues { $0.sorted() }
    self.reverse = back
  }
}

/// What becomes of a query.
public enum DNSVerdict: Sendable, Hashable {
  case answer([UInt8])
  /// The name is none of ours: ask an upstream.
  case forward
  /// No answer at all.
  case drop
}

/// The answering side of one network.
public struct DNSResponder: Sendable, Hashable {
  /// Our own UDP size, small enough for one unfragmented datagram.
  static let ednsSize: UInt16 = 1232
  /// Who may ask.
  public var prefix: IPv4Prefix
  /// What we know.
  public var zone: DNSZone
  /// Whether there is somebody else to ask; if not, unknown names do not exist.
  public var forwards: Bool
  /// Seconds; short, because containers come and go.
  public var ttl: UInt32

  /// For one network.
  public init(prefix: IPv4Prefix, zone: DNSZone = DNSZone(), forwards: Bool, ttl: UInt32 = 2) {
    self.prefix = prefix
    self.zone = zone
    self.forwards = forwards
    self.ttl = ttl
  }

  /// `rotation` is a number that grows by one a query: which of several addresses comes first.
  public func verdict(
    on query: [UInt8], from asker: IPv4Address, overTCP: Bool = false, rotation: Int = 0
  ) -> DNSVerdict {
    guard prefix.contains(asker), query.count >= 12, query[2] & 0x80 == 0 else { return .drop }
    guard let message = DNSMessage(parsing: query), message.questions.count == 1 else {
      return .answer(Self.failure(.malformed, to: query))
    }
    guard message.opcode == 0 else { return .answer(Self.failure(.notImplemented, to: query)) }
    let question = message.questions[0]
    var response = DNSMessage(id: message.id, flags: 0x8480 | message.flags & 0x0100)  // QR AA RA, RD as asked
    response.questions = [question]
    if message.ednsSize != nil { response.ednsSize = Self.ednsSize }
    let limit = overTCP ? 65535 : Int(min(max(message.ednsSize ?? 512, 512), Self.ednsSize))

    let text = question.name.text
    if question.recordClass == 1, let addresses = zone.names[text] ?? zone.personal[asker]?[text] {
      // Known names have no AAAA, MX, …: an empty answer says so, NXDOMAIN would deny the name itself.
      if question.type == DNSType.a || question.type == DNSType.any {
        let shift = addresses.isEmpty ? 0 : rotation % addresses.count
        response.answers = (addresses[shift...] + addresses[..<shift]).map { address in
          DNSMessage.Record(name: question.name, type: DNSType.a, recordClass: 1, ttl: ttl, data: address.octets)
        }
      }
      return .answer(response.encoded(limit: limit))
    }
    if let address = question.name.reverseAddress, prefix.contains(address) {
      guard let text = zone.reverse[address], let name = DNSName(text) else {
        response.flags |= DNSCode.noSuchName.rawValue
        return .answer(response.encoded(limit: limit))
      }
      if question.type == DNSType.pointer || question.type == DNSType.any {
        let data: [UInt8] = name.labels.flatMap { label -> [UInt8] in [UInt8(label.count)] + label } + [0]
        response.answers = [
          DNSMessage.Record(name: question.name, type: DNSType.pointer, recordClass: 1, ttl: ttl, data: data)
        ]
      }
      return .answer(response.encoded(limit: limit))
    }
    if forwards { return .forward }
    response.flags |= DNSCode.noSuchName.rawValue
    return .answer(response.encoded(limit: limit))
  }

  /// A failure with the query's id and, if it can be read, its question. The query has a whole header.
  static func failure(_ code: DNSCode, to query: [UInt8]) -> [UInt8] {
    let flags = UInt16(query[2]) << 8 | UInt16(query[3])
    var response = DNSMessage(
      id: UInt16(query[0]) << 8 | UInt16(query[1]), flags: 0x8080 | flags & 0x7900 | code.rawValue)
    if let message = DNSMessage(parsing: query) {
      response.questions = message.questions
      if message.ednsSize != nil { response.ednsSize = ednsSize }
    }
    return response.encoded()
  }
}
