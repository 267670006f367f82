// One TCP connection through the relay: two sockets, and for each direction what has been read and not been written yet.
internal import CContainrLinux
internal import ContainrSystem

/// A connection of the host's side and one inside that belong together.
final class RelayedStream {
  /// The client's, and the container's.
  let ends: [SharedFD]
  /// Per end: what it has sent and the other has not taken, from `offset` on.
  private var pending: [[UInt8]] = [[], []]
  private var offset = [0, 0]
  /// Per end: it sends no more; and the other one has been told.
  private var hasEnded = [false, false]
  private var isTold = [false, false]
  /// What is watched of each end; 0 is nothing.
  var watched: [UInt32] = [0, 0]
  private var isConnecting = true
  private static let room = 65536

  init(client: SharedFD, inside: SharedFD) { ends = [client, inside] }

  /// Nothing more will come of it.
  var isOver: Bool { isTold[0] && isTold[1] }

  /// What to wait for: EPOLLIN 1, EPOLLOUT 4.
  func wanted(_ end: Int) -> UInt32 {
    if isConnecting { return end == 1 ? 4 : 0 }
    let reads = !hasEnded[end] && pending[end].isEmpty
    return (reads ? 1 : 0) | (pending[1 - end].isEmpty ? 0 : 4)
  }

  /// Moves what can be moved; false if either side is broken.
  func move() -> Bool {
    if isConnecting {
      var peer = cl_endpoint()
      // ENOTCONN: it has failed, or is still under way; what is read then tells which.
      if cl_peer_ip(ends[1].raw, &peer) != 0 {
        var byte: UInt8 = 0
        return cl_read(ends[1].raw, &byte, 1) == -11
      }
      isConnecting = false
    }
    return pass(0) && pass(1)
  }

  /// From one end to the other, a bounded amount: others wait as well.
  private func pass(_ end: Int) -> Bool {
    for _ in 0..<8 {
      if pending[end].isEmpty {
        if hasEnded[end] { break }
        var buffer = [UInt8](repeating: 0, count: Self.room)
        let count = buffer.withUnsafeMutableBytes { cl_read(ends[end].raw, $0.baseAddress!, $0.count) }
        if count == -11 || count == -4 { return true }
        if count < 0 { return false }
        if count == 0 {
          hasEnded[end] = true
          break
        }
        buffer.removeLast(buffer.count - Int(count))
        pending[end] = buffer
        offset[end] = 0
      }
      let written = pending[end].withUnsafeBytes {
        cl_write(ends[1 - end].raw, $0.baseAddress! + offset[end], $0.count - offset[end])
      }
      if written == -11 || written == -4 { return true }
      if written < 0 { return false }
      offset[end] += Int(written)
      if offset[end] == pending[end].count { pending[end] = [] }
    }
    if hasEnded[end], pending[end].isEmpty, !isTold[end] {
      isTold[end] = true
      let result = cl_shutdown(ends[1 - end].raw, 1)
      return result == 0 || result == -107
    }
    return true
  }
}
