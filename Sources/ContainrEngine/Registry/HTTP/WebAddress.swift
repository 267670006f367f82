// An http or https address, taken apart by the very parser that connects: a second opinion on where a host's name ends
// would be a way to lead credentials astray.
internal import CCurl

/// `scheme://host[:port]/path?query`.
struct WebAddress: Sendable, Hashable, CustomStringConvertible {
  /// Who answers: scheme, host in lower case, port.
  struct Origin: Sendable, Hashable, CustomStringConvertible {
    var scheme: String
    var host: String
    var port: UInt16

    /// As a registry is named: without the scheme, and without its usual port.
    var authority: String { port == (scheme == "https" ? 443 : 80) ? host : "\(host):\(port)" }
    var description: String { "\(scheme)://\(authority)" }
  }

  /// In full.
  let description: String
  /// Who answers.
  let origin: Origin

  var isSecure: Bool { origin.scheme == "https" }

  /// nil for what is no http or https address, for one with a user in it, and for one with a fragment.
  init?(_ text: String) { self.init(text, relativeTo: nil) }

  /// A `Location` as seen from the address that gave it.
  init?(_ text: String, relativeTo base: WebAddress?) {
    // Nothing that could end a header or a line.
    guard CurlLibrary.isUsable, text.utf8.count <= 16384, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }),
      let url = cc_url()
    else {
      return nil
    }
    defer { cc_url_cleanup(url) }
    let flags = UInt32(CURLU_DISALLOW_USER)
    if let base, cc_url_set(url, CURLUPART_URL, base.description, flags) != CURLUE_OK { return nil }
    guard cc_url_set(url, CURLUPART_URL, text, flags) == CURLUE_OK,
      let scheme = Self.part(url, CURLUPART_SCHEME), scheme == "http" || scheme == "https",
      let host = Self.part(url, CURLUPART_HOST), !host.isEmpty,
      let port = Self.part(url, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ UInt16($0) }),
      let whole = Self.part(url, CURLUPART_URL)
    else { return nil }
    origin = Origin(scheme: scheme, host: host.lowercased(), port: port)
    description = whole
  }

  /// The same address with one more query item; the value is percent-encoded.
  func adding(query name: String, _ value: String) -> WebAddress? {
    let separator = description.contains("?") ? "&" : "?"
    return WebAddress("\(description)\(separator)\(name)=\(Self.encoded(value))")
  }

  /// Everything but RFC 3986's unreserved characters percent-encoded.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(byte)
      default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func part(_ url: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
    guard let text = cc_url_get(url, part, flags) else { return nil }
    defer { cc_free(text) }
    return String(cString: text)
  }
}
