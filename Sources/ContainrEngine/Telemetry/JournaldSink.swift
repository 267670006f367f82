// A container's output to systemd's journal: its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), one datagram a line, with
// the fields of Docker's driver. Never waits: what the journal does not take is counted and told.
internal import ContainrSystem
internal import SystemPackage

/// Where the journal is, and whose lines it gets.
public struct JournaldTarget: Sendable, Hashable {
  /// The journal's socket.
  public var socket: String
  /// `CONTAINER_NAME=web`, …: no tabs and line ends.
  public var fields: [String]

  /// With its values.
  public init(socket: String, fields: [String]) {
    self.socket = socket
    self.fields = fields
  }

  /// One line.
  public var text: String { ([socket] + fields).joined(separator: "\t") }

  /// Of such a line; nil for an empty one.
  public init?(text: String) {
    let parts = text.split(separator: "\t").map(String.init)
    guard let first = parts.first else { return nil }
    self.init(socket: first, fields: Array(parts.dropFirst()))
  }
}

/// The sending end.
struct JournaldSink {
  let target: JournaldTarget
  private let head: [UInt8]
  private var socket: SharedFD?
  /// Entries that the journal did not take.
  private var lost = 0

  init(_ target: JournaldTarget) {
    self.target = target
    head = Array(target.fields.map { "\($0)\n" }.joined().utf8)
  }

  /// Sends whole entries of the CRI form.
  mutating func send(_ entries: [UInt8]) {
    var start = 0
    while start < entries.count, let end = entries[start...].firstIndex(of: 10) {
      if lost > 0, deliver(message(Array("containr: \(lost) lines were lost".utf8)[...], isError: true, isPart: false))
      {
        lost = 0
      }
      let fields = entries[start..<end].split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
      if fields.count == 4 {
        let isError = fields[1].elementsEqual("stderr".utf8)
        if !deliver(message(fields[3], isError: isError, isPart: fields[2].first == UInt8(ascii: "P"))) { lost += 1 }
      }
      start = end + 1
    }
  }

  /// A text may hold any bytes, so its length is said: little-endian, 64 bits. Docker's priorities are 6 and 3.
  func message(_ text: ArraySlice<UInt8>, isError: Bool, isPart: Bool) -> [UInt8] {
    var bytes = head
    bytes += "PRIORITY=\(isError ? 3 : 6)\n".utf8
    if isPart { bytes += "CONTAINER_PARTIAL_MESSAGE=true\n".utf8 }
    bytes += "MESSAGE\n".utf8
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> UInt64($0 * 8)) }
    bytes += text
    bytes.append(10)
    return bytes
  }

  /// A journal that was started anew has another socket under the same path: one more attempt.
  private mutating func deliver(_ bytes: [UInt8]) -> Bool {
    for _ in 0..<2 {
      do throws(SyscallError) {
        let open: SharedFD
        if let socket {
          open = socket
        } else {
          open = SharedFD(try UnixSocket.connect(to: FilePath(target.socket), waits: false, kind: .datagrams))
        }
        socket = open
        try Kernel.send(bytes, descriptors: [], to: open.raw)
        return true
      } catch {
        if error.errno == 11 || error.errno == 105 { return false }  // EAGAIN, ENOBUFS: it has more than it can take
        socket = nil
      }
    }
    return false
  }
}
