// The little of HTTP/1.1 (RFC 9112) that a collector of metrics speaks: one GET a connection. Pure: bytes in, bytes out.
internal import ContainrTelemetry

/// What a client wants.
struct MetricRequest: Sendable, Hashable {
  /// Longer heads are refused.
  static let longest = 8192

  enum Want: Sendable, Hashable {
    case metrics(MetricText)
    case index
    /// A status and its words.
    case refusal(Int, String)
  }
  var want: Want
  /// Only the head is wanted.
  var isHead = false

  /// nil: its end has not come.
  init?(_ bytes: [UInt8]) {
    guard let end = Self.end(of: bytes), end < Self.longest else {
      guard bytes.count >= Self.longest else { return nil }
      want = .refusal(431, "Request Header Fields Too Large")
      return
    }
    // By bytes: to a string the two of a line's end are one character.
    let lines = bytes[..<end].split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
    let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2].hasPrefix("HTTP/1."), words[1].hasPrefix("/") else {
      want = .refusal(400, "Bad Request")
      return
    }
    isHead = words[0] == "HEAD"
    guard words[0] == "GET" || isHead else {
      want = .refusal(405, "Method Not Allowed")
      return
    }
    switch words[1].prefix(while: { $0 != "?" }) {
    case "/metrics":
      let accepts = lines.dropFirst().contains { line in
        line.lowercased().hasPrefix("accept:") && line.lowercased().contains("application/openmetrics-text")
      }
      want = .metrics(accepts ? .openmetrics : .prometheus)
    case "/": want = .index
    default: want = .refusal(404, "Not Found")
    }
  }

  /// Where the empty line after the head begins; a line may end without a carriage return.
  private static func end(of bytes: [UInt8]) -> Int? {
    var last: Int?
    for (index, byte) in bytes.enumerated() where byte == 10 {
      if let last, index - last == 1 || (index - last == 2 && bytes[index - 1] == 13) { return last }
      last = index
    }
    return nil
  }

  /// The whole answer. The connection ends with it.
  func answer(_ status: String, type: String, body: [UInt8]) -> [UInt8] {
    var head = "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
    if status.hasPrefix("405") { head += "Allow: GET, HEAD\r\n" }
    return Array((head + "\r\n").utf8) + (isHead ? [] : body)
  }
}
