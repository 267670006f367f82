// A query as far as an answer needs it, and the answer over its bytes: the way that 20,000 a second go. Every read is
// bounded; what is no query is said to be none.

/// The one question of a message.
struct DNSQuestion {
  /// Lower case, dots between, no final dot.
  let name: String
  let type: UInt16
  let recordClass: UInt16
  /// Behind the question.
  let end: Int

  /// nil if the header is cut, or there is not exactly one question, or it is malformed. What follows is not looked at.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 12, bytes[4] == 0, bytes[5] == 1 else { return nil }
    var text: [UInt8] = []
    var at = 12
    while true {
      // A name in a question has nothing before it to point to.
      guard at < bytes.count, bytes[at] < 64 else { return nil }
      let length = Int(bytes[at])
      at += 1
      if length == 0 { break }
      guard at + length <= bytes.count, text.count + length < 255 else { return nil }
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for byte in bytes[at..<at + length] { text.append(Self.lower(byte)) }
      at += length
    }
    guard at + 4 <= bytes.count else { return nil }
    type = UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1])
    recordClass = UInt16(bytes[at + 2]) << 8 | UInt16(bytes[at + 3])
    end = at + 4
    name = String(decoding: text, as: UTF8.self)
  }

  /// Whether another message, whose question this is, asks the same as the one that `bytes` begins with; but for case.
  func isThat(of bytes: [UInt8], in own: [UInt8]) -> Bool {
    // A length is below any letter.
    end <= bytes.count && zip(bytes[12..<end], own[12..<end]).allSatisfy { Self.lower($0) == Self.lower($1) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}

/// One query with exactly one question.
struct DNSQuery {
  /// As they came.
  let bytes: [UInt8]
  let question: DNSQuestion
  /// The UDP size of an EDNS option record, if there is one.
  let ednsSize: UInt16?

  var opcode: UInt8 { bytes[2] >> 3 & 15 }
  var name: String { question.name }
  var type: UInt16 { question.type }
  var recordClass: UInt16 { question.recordClass }
  /// Behind the question.
  var end: Int { question.end }

  /// nil if it is malformed or has not one question.
  init?(_ bytes: [UInt8]) {
    func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }
    guard let question = DNSQuestion(bytes) else { return nil }
    var at = question.end
    var size: UInt16?
    for section in 0..<3 {
      for _ in 0..<word(6 + 2 * section) {
        guard DNSName.skip(bytes, &at), at + 10 <= bytes.count else { return nil }
        let length = Int(word(at + 8))
        guard at + 10 + length <= bytes.count else { return nil }
        if section == 2, word(at) == DNSType.options { size = word(at + 2) }
        at += 10 + length
      }
    }
    ednsSize = size
    self.question = question
    self.bytes = bytes
  }
}

/// An answer in the making: the query's header and question, then records whose name is the question's unless said.
struct DNSAnswer {
  private var bytes: [UInt8]
  private let limit: Int
  private let ednsSize: UInt16?
  private var counts: (answers: UInt16, authorities: UInt16, additional: UInt16) = (0, 0, 0)
  private var isCut = false

  /// `limit` bytes at most; records that do not fit are left out, and TC says so.
  init(to query: DNSQuery, limit: Int, ednsSize: UInt16?) {
    self.limit = limit - (ednsSize == nil ? 0 : 11)
    self.ednsSize = ednsSize
    bytes = []
    bytes.reserveCapacity(query.end + 64)
    bytes += query.bytes[..<query.end]
  }

  private func record(_ owner: [UInt8]?, _ type: UInt16, _ ttl: UInt32, _ data: [UInt8]) -> [UInt8] {
    var record = owner ?? [0xc0, 12]
    for value in [type, 1, UInt16(ttl >> 16), UInt16(ttl & 0xffff), UInt16(data.count)] {
      record.append(UInt8(value >> 8))
      record.append(UInt8(value & 255))
    }
    return record + data
  }

  mutating func answer(_ type: UInt16, ttl: UInt32, _ data: [UInt8]) {
    let record = record(nil, type, ttl, data)
    if isCut || bytes.count + record.count > limit { return isCut = true }
    bytes += record
    counts.answers += 1
  }

  /// Names the zone that knows that there is nothing (RFC 2308): what it says may be kept for `ttl` seconds.
  mutating func deny(zone: [UInt8]?, ttl: UInt32) {
    // mname and rname are the root: there is no primary and nobody to write to.
    var data: [UInt8] = [0, 0]
    for value: UInt32 in [1, 3600, 600, 86400, ttl] {
      data += [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
    let record = record(zone, DNSType.authority, ttl, data)
    if bytes.count + record.count > limit { return }
    bytes += record
    counts.authorities += 1
  }

  /// What the asker will want to know next; left out where there is no room.
  mutating func add(_ owner: [UInt8], _ type: UInt16, ttl: UInt32, _ data: [UInt8]) {
    let record = record(owner, type, ttl, data)
    if isCut || bytes.count + record.count > limit { return }
    bytes += record
    counts.additional += 1
  }

  /// The whole message.
  consuming func finished(_ code: DNSCode) -> [UInt8] {
    // QR, AA, RD as asked; RA and the code.
    bytes[2] = 0x84 | bytes[2] & 0x01 | (isCut ? 0x02 : 0)
    bytes[3] = 0x80 | UInt8(code.rawValue)
    let sections = [counts.answers, counts.authorities, counts.additional + (ednsSize == nil ? 0 : 1)]
    for (index, count) in sections.enumerated() {
      bytes[6 + 2 * index] = UInt8(count >> 8)
      bytes[7 + 2 * index] = UInt8(count & 255)
    }
    if let ednsSize { bytes += Self.options(ednsSize) }
    return bytes
  }

  /// A failure with the query's id and, if it is one, its question. A query has a whole header.
  static func failure(_ code: DNSCode, to query: [UInt8], ednsSize: UInt16) -> [UInt8] {
    // Of what is no query nothing is repeated: it would have to be taken apart first, and may grow by that.
    let whole = DNSQuery(query)
    var bytes = Array(query[..<(whole?.end ?? 12)])
    let options = whole?.ednsSize == nil ? [] : options(ednsSize)
    // QR, opcode and RD as asked; RA and the code.
    bytes[2] = 0x80 | bytes[2] & 0x79
    bytes[3] = 0x80 | UInt8(code.rawValue)
    bytes.replaceSubrange(4..<12, with: [0, whole == nil ? 0 : 1, 0, 0, 0, 0, 0, options.isEmpty ? 0 : 1])
    return bytes + options
  }

  /// An EDNS option record that says what size of UDP we take.
  private static func options(_ size: UInt16) -> [UInt8] {
    [0, 0, 41, UInt8(size >> 8), UInt8(size & 255), 0, 0, 0, 0, 0, 0]
  }
}
