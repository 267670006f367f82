// A thread in a network namespace of its own, so that tests with root never touch the host's network. The thread is
// the only thing that is moved (unshare(2) of one thread); descriptors made there work everywhere.
import Foundation
import Glibc

/// What thread and namespace share; the thread keeps it until it ends.
private final class Worker: @unchecked Sendable {
  let work = DispatchSemaphore(value: 0)
  let done = DispatchSemaphore(value: 0)
  var body: (() -> Void)?

  func loop() {
    var goesOn = true
    while goesOn {
      work.wait()
      goesOn = step()
      done.signal()
    }
  }

  /// Nothing of the body is held any more when this returns.
  private func step() -> Bool {
    guard let body else { return false }
    self.body = nil
    body()
    return true
  }
}

/// A network namespace that lives as long as its thread.
final class Namespace: @unchecked Sendable {
  private let worker = Worker()
  private let turn = NSLock()
  /// The thread's id: netlink takes it where it takes a pid.
  private(set) var thread: Int32 = 0

  /// Throws if the namespace cannot be made.
  init() throws {
    var result: Int32 = -1
    let thread = Thread { [worker] in worker.loop() }
    thread.stackSize = 4 << 20
    thread.start()
    run {
      // Glibc's Swift module does not declare them (_GNU_SOURCE).
      typealias Unshare = @convention(c) (Int32) -> Int32
      typealias ThreadID = @convention(c) () -> Int32
      let libc = dlopen(nil, RTLD_NOW)
      result = unsafeBitCast(dlsym(libc, "unshare"), to: Unshare.self)(0x4000_0000)  // CLONE_NEWNET
      self.thread = unsafeBitCast(dlsym(libc, "gettid"), to: ThreadID.self)()
    }
    if result != 0 { throw NSError(domain: "unshare", code: Int(errno)) }
  }

  deinit {
    worker.work.signal()
    worker.done.wait()
  }

  /// Runs `body` on the thread and waits for it.
  func run<Value>(_ body: () throws -> Value) rethrows -> Value {
    turn.lock()
    defer { turn.unlock() }
    return try withoutActuallyEscaping(body) { escaping in
      func attempt(_ rethrower: (any Error) throws -> Void) rethrows -> Value {
        var outcome: Result<Value, any Error>?
        worker.body = { outcome = Result { try escaping() } }
        worker.work.signal()
        worker.done.wait()
        switch outcome! {
        case .success(let value): return value
        case .failure(let error):
          try rethrower(error)
          fatalError("unreachable")
        }
      }
      return try attempt { throw $0 }
    }
  }
}

/// An IPv4 socket for tests: made in the calling thread's network namespace, blocking with a timeout. Who expects that nothing
/// comes gives one second; what comes may need longer on a full machine.
final class TestSocket: @unchecked Sendable {
  let raw: Int32

  init(stream: Bool = true, isV6: Bool = false, seconds: Int = 20) {
    raw = socket(isV6 ? AF_INET6 : AF_INET, Int32(stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue), 0)
    var timeout = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(raw, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    var one: Int32 = 1
    setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &one, 4)
  }

  init(taking raw: Int32) { self.raw = raw }

  deinit { close(raw) }

  private func address(_ text: String, _ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return address
  }

  private func with(_ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Bool {
    if text.contains(":") {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      inet_pton(AF_INET6, text, &address.sin6_addr)
      return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, 28) } == 0
      }
    }
    var address = address(text, port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, 16) } == 0
    }
  }

  func bind(_ address: String, _ port: UInt16) -> Bool { with(address, port) { Glibc.bind(raw, $0, $1) } }
  func listen() -> Bool { Glibc.listen(raw, 8) == 0 }
  /// False if refused, unreachable, or nothing is heard in time.
  func connect(_ address: String, _ port: UInt16) -> Bool { with(address, port) { Glibc.connect(raw, $0, $1) } }

  func accept() -> TestSocket? {
    let fd = Glibc.accept(raw, nil, nil)
    return fd < 0 ? nil : TestSocket(taking: fd)
  }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// nil if nothing is heard in time, or the other side has ended.
  func receive(waiting: Bool = true) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = recv(raw, &buffer, buffer.count, waiting ? 0 : Int32(MSG_DONTWAIT))
    return count <= 0 ? nil : Array(buffer.prefix(count))
  }

  /// Whether the other side has ended the connection.
  var hasEnded: Bool {
    var byte: UInt8 = 0
    let count = recv(raw, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count == 0 || (count < 0 && errno != EAGAIN)
  }

  /// Waits for a datagram and sends back what `reply` makes of it.
  func serveOnce(_ reply: ([UInt8]) -> [UInt8]) -> Bool { serve { [reply($0)] } }

  /// Waits for a datagram and sends back all that `replies` makes of it.
  func serve(_ replies: ([UInt8]) -> [[UInt8]]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var from = sockaddr_in()
    var length: socklen_t = 16
    return withUnsafeMutablePointer(to: &from) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { peer in
        let count = recvfrom(raw, &buffer, buffer.count, 0, peer, &length)
        if count < 0 { return false }
        return replies(Array(buffer.prefix(count))).allSatisfy {
          sendto(raw, $0, $0.count, 0, peer, length) == $0.count
        }
      }
    }
  }

  /// The peer's address, for masquerading.
  var peer: String { name(getpeername) }
  /// Our own port.
  var port: UInt16 { UInt16(name(getsockname).split(separator: ":")[1])! }

  private func name(_ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> String
  {
    var address = sockaddr_in()
    var length: socklen_t = 16
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(raw, $0, &length) }
    }
    var text = [CChar](repeating: 0, count: 32)
    inet_ntop(AF_INET, &address.sin_addr, &text, 32)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      + ":\(UInt16(bigEndian: address.sin_port))"
  }
}
