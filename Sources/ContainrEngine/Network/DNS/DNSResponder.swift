// Answers from one network's zone: a pure function of query, asker and zone.
public import ContainrAddresses

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
  public var prefixes: [IPPrefix]
  /// What we know.
  public var zone: DNSZone
  /// Whether there is somebody else to ask; if not, unknown names do not exist.
  public var forwards: Bool
  /// Seconds; short, because containers come and go.
  public var ttl: UInt32

  /// For one network.
  public init(prefixes: [IPPrefix], zone: DNSZone = DNSZone(), forwards: Bool, ttl: UInt32 = 2) {
    self.prefixes = prefixes
    self.zone = zone
    self.forwards = forwards
    self.ttl = ttl
  }

  /// `rotation` is a number that grows by one a query: which of several addresses comes first.
  public func verdict(
    on bytes: [UInt8], from asker: IPAddress, overTCP: Bool = false, rotation: Int = 0
  ) -> DNSVerdict {
    guard prefixes.contains(where: { $0.contains(asker) }), bytes.count >= 12, bytes[2] & 0x80 == 0 else {
      return .drop
    }
    guard let query = DNSQuery(bytes) else { return .answer(Self.failure(.malformed, to: bytes)) }
    guard query.opcode == 0 else { return .answer(Self.failure(.notImplemented, to: bytes)) }
    let limit = overTCP ? 65535 : Int(min(max(query.ednsSize ?? 512, 512), Self.ednsSize))
    var answer = DNSAnswer(to: query, limit: limit, ednsSize: query.ednsSize == nil ? nil : Self.ednsSize)

    if query.recordClass == 1, let addresses = zone.names[query.name] ?? zone.personal[asker]?[query.name] {
      return .answer(give(addresses, to: query, rotation, &answer))
    }
    if query.recordClass == 1, query.name.utf8.first == UInt8(ascii: "_"), let verdict = service(query, &answer) {
      return .answer(verdict)
    }
    if let address = DNSName.reverseAddress(of: query.name), let known = reverse(address, for: asker) {
      guard let name = known.flatMap({ DNSName($0) }) else { return .answer(denied(&answer)) }
      if query.type == DNSType.pointer || query.type == DNSType.any {
        answer.answer(DNSType.pointer, ttl: ttl, name.wire)
      } else {
        answer.deny(zone: nil, ttl: ttl)
      }
      return .answer(answer.finished(.noError))
    }
    return forwards ? .forward : .answer(denied(&answer))
  }

  /// The name of an address, or that it has none; nil if it is of no network that the asker is on.
  private func reverse(_ address: IPAddress, for asker: IPAddress) -> String?? {
    if prefixes.contains(where: { $0.contains(address) }) { return .some(zone.reverse[address]) }
    guard let around = zone.neighbours[asker], around.prefixes.contains(where: { $0.contains(address) }) else {
      return nil
    }
    return .some(around.names[address])
  }

  /// A known name without such records is an empty answer: NXDOMAIN would deny the name itself.
  private func give(
    _ addresses: [IPAddress], to query: DNSQuery, _ rotation: Int, _ answer: inout DNSAnswer
  ) -> [UInt8] {
    let wanted = addresses.filter { query.type == DNSType.any || query.type == DNSType.of($0) }
    if wanted.isEmpty { answer.deny(zone: nil, ttl: ttl) }
    for index in wanted.indices {
      let address = wanted[(index + rotation) % wanted.count]
      answer.answer(DNSType.of(address), ttl: ttl, address.octets)
    }
    return answer.finished(.noError)
  }

  /// `_http._tcp.web`; nil if what stands behind the underscores is no name of ours.
  private func service(_ query: DNSQuery, _ answer: inout DNSAnswer) -> [UInt8]? {
    guard let offers = zone.services[query.name] else {
      let rest = query.name.split(separator: ".").drop { $0.utf8.first == UInt8(ascii: "_") }
      return zone.names[rest.joined(separator: ".")] == nil ? nil : denied(&answer)
    }
    guard query.type == DNSType.service || query.type == DNSType.any else {
      answer.deny(zone: nil, ttl: ttl)
      return answer.finished(.noError)
    }
    let targets = offers.compactMap { offer in DNSName(offer.target).map { (offer, $0) } }
    for (offer, target) in targets {
      // Priority and weight 0: all are alike.
      answer.answer(
        DNSType.service, ttl: ttl, [0, 0, 0, 0, UInt8(offer.port >> 8), UInt8(offer.port & 255)] + target.wire)
    }
    for (offer, target) in targets {
      for address in zone.names[offer.target] ?? [] {
        answer.add(target.wire, DNSType.of(address), ttl: ttl, address.octets)
      }
    }
    return answer.finished(.noError)
  }

  private func denied(_ answer: inout DNSAnswer) -> [UInt8] {
    answer.deny(zone: [0], ttl: ttl)
    return answer.finished(.noSuchName)
  }

  /// A failure with the query's id and, if it is one, its question. The query has a whole header.
  static func failure(_ code: DNSCode, to query: [UInt8]) -> [UInt8] {
    DNSAnswer.failure(code, to: query, ednsSize: ednsSize)
  }
}
