// What is asked and what is answered. Values only.

/// A request. Its body can be sent again from the start.
struct HTTPRequest: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// `count` bytes of an open file from an offset, read with pread; the descriptor is the caller's.
    case file(CInt, offset: UInt64, count: UInt64)

    var count: UInt64 {
      switch self {
      case .none: 0
      case .bytes(let bytes): UInt64(bytes.count)
      case .file(_, _, let count): count
      }
    }
  }

  var method: String
  var address: WebAddress
  /// Names and values; values have been checked for line ends.
  var headers: [(name: String, value: String)] = []
  var body = Body.none
}

/// An answer's status and headers.
struct HTTPHead: Sendable {
  var status = 0
  /// Names in lower case, in order.
  var headers: [(name: String, value: String)] = []

  /// The first header of this name, in lower case.
  func first(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  /// All headers of this name, in lower case.
  func all(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

  /// The bytes that are said to come; nil if it is not said.
  var contentLength: UInt64? { first("content-length").flatMap { UInt64($0) } }

  var isSuccess: Bool { (200...299).contains(status) }
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) && first("location") != nil }

  /// Where a partial answer begins and what the whole is (RFC 9110, 14.4); nil if it does not say.
  var contentRange: (start: UInt64, end: UInt64)? {
    guard let text = first("content-range"), text.hasPrefix("bytes ") else { return nil }
    let range = text.dropFirst(6).split(separator: "/").first?.split(separator: "-") ?? []
    guard range.count == 2, let start = UInt64(range[0]), let end = UInt64(range[1]), end >= start else { return nil }
    return (start, end)
  }
}

/// A whole answer.
struct HTTPAnswer: Sendable {
  var head: HTTPHead
  /// At most what the caller's limit allows.
  var body: [UInt8]
  /// Whose answer it is, after redirects.
  var address: WebAddress
}
