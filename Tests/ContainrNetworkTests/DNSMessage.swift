// DNS messages taken apart and put together as a client does it: the measure for what the server writes. The server
// itself never takes a message of somebody else apart so.
@testable import ContainrNetwork

/// One message.
struct DNSMessage: Sendable, Hashable {
  /// What is asked.
  struct Question: Sendable, Hashable {
    /// As written by the asker.
    var name: DNSName
    /// 1 A, 12 PTR, 28 AAAA.
    var type: UInt16
    /// 1 IN.
    var recordClass: UInt16
  }

  /// One resource record.
  struct Record: Sendable, Hashable {
    /// Whose it is.
    var name: DNSName
    /// 1 A, 12 PTR, 28 AAAA, 41 OPT.
    var type: UInt16
    /// 1 IN; the UDP size of an OPT.
    var recordClass: UInt16
    /// Seconds.
    var ttl: UInt32
    /// Raw; names in it are not followed.
    var data: [UInt8]
  }

  /// Chosen by the asker.
  var id: UInt16
  /// QR, opcode, AA, TC, RD, RA, code.
  var flags: UInt16
  /// Usually one.
  var questions: [Question] = []
  /// The answer section.
  var answers: [Record] = []
  /// The authority section, as read; never written.
  var authorities: [Record] = []
  /// The additional section without the EDNS option record, as read; never written.
  var additional: [Record] = []
  /// The UDP size of an EDNS option record, if there is one.
  var ednsSize: UInt16?

  /// An empty message.
  init(id: UInt16, flags: UInt16) {
    self.id = id
    self.flags = flags
  }

  /// nil if anything reaches over the end, or a name is none.
  init?(parsing bytes: [UInt8]) {
    guard bytes.count >= 12 else { return nil }
    func word(_ offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1]) }
    self.init(id: word(0), flags: word(2))
    var offset = 12
    for _ in 0..<word(4) {
      guard let name = DNSName(bytes, at: &offset), offset + 4 <= bytes.count else { return nil }
      questions.append(Question(name: name, type: word(offset), recordClass: word(offset + 2)))
      offset += 4
    }
    let counts = [Int(word(6)), Int(word(8)), Int(word(10))]
    for (section, count) in counts.enumerated() {
      for _ in 0..<count {
        guard let name = DNSName(bytes, at: &offset), offset + 10 <= bytes.count else { return nil }
        let length = Int(word(offset + 8))
        guard offset + 10 + length <= bytes.count else { return nil }
        let record = Record(
          name: name, type: word(offset), recordClass: word(offset + 2),
          ttl: UInt32(word(offset + 4)) << 16 | UInt32(word(offset + 6)),
          data: Array(bytes[offset + 10..<offset + 10 + length]))
        offset += 10 + length
        if section == 0 { answers.append(record) }
        if section == 1 { authorities.append(record) }
        guard section == 2 else { continue }
        if record.type == DNSType.options { ednsSize = record.recordClass } else { additional.append(record) }
      }
    }
  }

  /// QR: it is an answer.
  var isResponse: Bool { flags & 0x8000 != 0 }
  /// 0 is a standard query.
  var opcode: UInt16 { flags >> 11 & 15 }
  /// The answer's code.
  var code: DNSCode? { DNSCode(rawValue: flags & 15) }

  /// At most `limit` bytes: answers that do not fit are left out, and TC says so.
  func encoded(limit: Int = 65535) -> [UInt8] {
    let options = ednsSize == nil ? 0 : 11
    var writer = DNSWriter()
    for value in [id, flags, UInt16(questions.count), 0, 0, ednsSize == nil ? 0 : 1] { writer.append(value) }
    for question in questions {
      writer.append(question.name)
      writer.append(question.type)
      writer.append(question.recordClass)
    }
    var written: UInt16 = 0
    for record in answers {
      var next = writer
      next.append(record.name)
      next.append(record.type)
      next.append(record.recordClass)
      next.append(UInt16(record.ttl >> 16))
      next.append(UInt16(record.ttl & 0xffff))
      next.append(UInt16(record.data.count))
      next.bytes += record.data
      if next.bytes.count + options > limit { break }
      writer = next
      written += 1
    }
    writer.set(written, at: 6)
    if Int(written) < answers.count { writer.set(flags | 0x0200, at: 2) }
    if let ednsSize {
      writer.bytes += [0, 0, 41, UInt8(ednsSize >> 8), UInt8(ednsSize & 255), 0, 0, 0, 0, 0, 0]
    }
    return writer.bytes
  }
}

/// Bytes in network order, names compressed against those before.
private struct DNSWriter {
  var bytes: [UInt8] = []
  private var places: [DNSName: Int] = [:]

  mutating func append(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 255)] }

  mutating func set(_ value: UInt16, at offset: Int) {
    bytes[offset] = UInt8(value >> 8)
    bytes[offset + 1] = UInt8(value & 255)
  }

  mutating func append(_ name: DNSName) {
    for start in name.labels.indices {
      guard let rest = DNSName(labels: Array(name.labels[start...])) else { break }
      if let place = places[rest] {
        append(0xc000 | UInt16(place))
        return
      }
      if bytes.count < 0x4000 { places[rest] = bytes.count }
      bytes.append(UInt8(name.labels[start].count))
      bytes += name.labels[start]
    }
    bytes.append(0)
  }
}

extension DNSName {
  /// Reads a name and moves `offset` behind it. Pointers may only lead backwards, so that there are no loops.
  init?(_ bytes: [UInt8], at offset: inout Int) {
    var labels: [[UInt8]] = []
    var here = offset
    var end: Int?
    var limit = offset
    var size = 1
    while here < bytes.count {
      let length = Int(bytes[here])
      if length == 0 {
        offset = end ?? here + 1
        self.init(labels: labels)
        return
      }
      if length & 0xc0 == 0xc0 {
        guard here + 1 < bytes.count else { return nil }
        let target = (length & 0x3f) << 8 | Int(bytes[here + 1])
        guard target < limit else { return nil }
        if end == nil { end = here + 2 }
        limit = target
        here = target
        continue
      }
      size += length + 1
      guard length < 64, size <= 255, here + length < bytes.count else { return nil }
      labels.append(Array(bytes[here + 1...here + length]))
      here += length + 1
    }
    return nil
  }
}
