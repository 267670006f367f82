// The address of a server's name, by the host's resolver: file systems of the kernel know no names.
internal import Glibc

enum HostAddress {
  /// A name that has no address.
  struct Unknown: Error, CustomStringConvertible {
    let description: String
  }

  /// The first address of a name; an address is its own.
  static func resolve(_ name: String) throws(Unknown) -> String {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(name, nil, &hints, &found)
    guard result == 0, let first = found else {
      throw Unknown(description: "the address of \(name) cannot be found: \(String(cString: gai_strerror(result)))")
    }
    defer { freeaddrinfo(found) }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let named = getnameinfo(
      first.pointee.ai_addr, first.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    guard named == 0 else { throw Unknown(description: "the address of \(name) cannot be written") }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
