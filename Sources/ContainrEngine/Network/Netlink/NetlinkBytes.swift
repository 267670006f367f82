// netlink(7) on the wire: building requests, walking answers. Every read is checked against the bytes that are there.

/// Numbers of linux/netlink.h and linux/rtnetlink.h that we use.
enum RTNetlink {
  static let error: UInt16 = 2, done: UInt16 = 3
  static let newLink: UInt16 = 16, deleteLink: UInt16 = 17, getLink: UInt16 = 18
  static let newAddress: UInt16 = 20, getAddress: UInt16 = 22
  static let newRoute: UInt16 = 24, getRoute: UInt16 = 26

  static let request: UInt16 = 0x1, ack: UInt16 = 0x4, dumpInterrupted: UInt16 = 0x10, dump: UInt16 = 0x300
  static let replace: UInt16 = 0x100, exclusive: UInt16 = 0x200, create: UInt16 = 0x400
  static let capped: UInt16 = 0x100, ackHasAttributes: UInt16 = 0x200

  static let up: UInt32 = 1
  static let ipv4: UInt8 = 2, ipv6: UInt8 = 10
}

/// Payload bytes in the kernel's order, attributes padded to four.
struct NetlinkPayload: Sendable, Hashable {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func attribute(_ type: UInt16, bytes content: [UInt8]) {
    append(UInt16(content.count + 4))
    append(type)
    bytes.append(contentsOf: content)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  mutating func attribute(_ type: UInt16, _ value: some FixedWidthInteger) {
    attribute(type, bytes: withUnsafeBytes(of: value) { Array($0) })
  }

  /// A string with its NUL.
  mutating func attribute(_ type: UInt16, _ text: String) { attribute(type, bytes: Array(text.utf8) + [0]) }

  /// The nested content must not be empty at an odd place: it begins aligned, as all attributes do.
  mutating func nested(_ type: UInt16, _ body: (inout NetlinkPayload) -> Void) {
    var inner = NetlinkPayload()
    body(&inner)
    attribute(type, bytes: inner.bytes)
  }

  /// struct ifinfomsg.
  mutating func interfaceInfo(index: Int32 = 0, flags: UInt32 = 0, change: UInt32 = 0) {
    append(UInt16(0))  // AF_UNSPEC and padding
    append(UInt16(0))
    append(index)
    append(flags)
    append(change)
  }
}

/// One request.
struct NetlinkRequest: Sendable, Hashable {
  /// What it does, for errors.
  var label: String
  var type: UInt16
  /// Beside NLM_F_REQUEST and NLM_F_ACK.
  var flags: UInt16
  var payload: NetlinkPayload

  init(_ label: String, type: UInt16, flags: UInt16 = 0, _ build: (inout NetlinkPayload) -> Void) {
    self.label = label
    self.type = type
    self.flags = flags
    payload = NetlinkPayload()
    build(&payload)
  }

  /// The message with its header.
  func encoded(sequence: UInt32, ack: Bool = true) -> [UInt8] {
    var message = NetlinkPayload()
    message.append(UInt32(16 + payload.bytes.count))
    message.append(type)
    message.append(flags | RTNetlink.request | (ack ? RTNetlink.ack : 0))
    message.append(sequence)
    message.append(UInt32(0))
    return message.bytes + payload.bytes
  }
}

/// Bytes that may only be read where they exist.
struct NetlinkBytes: Sendable {
  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self, at offset: Int) -> Value? {
    guard offset >= 0, offset + MemoryLayout<Value>.size <= bytes.count else { return nil }
    return bytes.dropFirst(offset).withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
  }

  /// Up to the first NUL.
  var text: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

  /// The attributes from `offset` on; nil if one reaches over the end.
  func attributes(from offset: Int = 0) -> [UInt16: NetlinkBytes]? {
    var rest = bytes.dropFirst(offset)
    var all: [UInt16: NetlinkBytes] = [:]
    while rest.count >= 4 {
      let head = NetlinkBytes(rest)
      guard let length = head.integer(UInt16.self, at: 0), let type = head.integer(UInt16.self, at: 2), length >= 4,
        Int(length) <= rest.count
      else { return nil }
      all[type & 0x3fff] = NetlinkBytes(rest.prefix(Int(length)).dropFirst(4))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return all
  }
}

/// One message of an answer.
struct NetlinkMessage: Sendable {
  var type: UInt16
  var flags: UInt16
  var sequence: UInt32
  var body: NetlinkBytes

  /// All messages of one datagram; nil if one reaches over the end.
  static func parse(_ datagram: ArraySlice<UInt8>) -> [NetlinkMessage]? {
    var rest = datagram
    var all: [NetlinkMessage] = []
    while rest.count >= 16 {
      let head = NetlinkBytes(rest)
      guard let length = head.integer(UInt32.self, at: 0), let type = head.integer(UInt16.self, at: 4),
        let flags = head.integer(UInt16.self, at: 6), let sequence = head.integer(UInt32.self, at: 8), length >= 16,
        Int(length) <= rest.count
      else { return nil }
      let body = NetlinkBytes(rest.prefix(Int(length)).dropFirst(16))
      all.append(NetlinkMessage(type: type, flags: flags, sequence: sequence, body: body))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return all
  }

  /// What an NLMSG_ERROR says: the errno (0: done) and the kernel's words; nil if it is too short.
  var acknowledgement: (errno: Int32, explanation: String?)? {
    guard let code = body.integer(Int32.self, at: 0), let length = body.integer(UInt32.self, at: 4) else { return nil }
    var explanation: String?
    if flags & RTNetlink.ackHasAttributes != 0 {
      // Without NLM_F_CAPPED the whole request is echoed before the attributes.
      let echoed = flags & RTNetlink.capped != 0 ? 16 : (Int(length) + 3) & ~3
      explanation = body.attributes(from: 4 + echoed)?[1]?.text  // NLMSGERR_ATTR_MSG
    }
    return (code < 0 ? 0 &- code : code, explanation)
  }
}
