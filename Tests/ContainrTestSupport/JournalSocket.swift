// A socket under a path that takes datagrams, as systemd's journal has one.
internal import Foundation

/// Somebody to whom lines are sent.
public final class JournalSocket {
  /// Where it is.
  public let path: String
  private let socket: CInt

  /// The path must not exist and be shorter than 108 bytes.
  public init(_ path: String) throws {
    self.path = path
    socket = Foundation.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
    }
    guard result == 0 else { throw TestSupportError("bind \(path): errno \(errno)") }
  }

  /// The next datagram; nil if there is none.
  public func next() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : Array(buffer.prefix(count))
  }

  /// It is there no more, and neither is its path.
  public func close() {
    Foundation.close(socket)
    unlink(path)
  }
}
