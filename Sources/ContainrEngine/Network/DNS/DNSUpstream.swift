// Resolvers that others' names are asked of, and the host's file that names them (resolv.conf(5)).
public import ContainrAddresses
internal import CContainrLinux
internal import ContainrSystem
internal import Synchronization
public import SystemPackage

/// A resolver that others' names are asked of, reached from this process's network namespace.
public struct DNSUpstream: Sendable, Hashable {
  /// Of either family.
  public var address: IPAddress
  /// The interface of a link-local address; nil for all others.
  public var zone: String?
  /// Usually 53.
  public var port: UInt16

  /// A resolver.
  public init(_ address: IPAddress, zone: String? = nil, port: UInt16 = 53) {
    self.address = address
    self.zone = zone
    self.port = port
  }

  /// `1.1.1.1`, `fd00::1`, `fe80::1%eth0`; nil for what is no address.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "%", maxSplits: 1)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    self.init(address, zone: parts.count > 1 ? String(parts[1]) : nil)
  }

  /// Where it is now: an interface may come and go.
  var endpoint: cl_endpoint {
    cl_endpoint(address, port: port, zone: zone.map { name in name.withCString { cl_interface_index($0) } } ?? 0)
  }

  /// The `nameserver` lines of a resolv.conf, each once.
  public static func list(in text: String) -> [DNSUpstream] {
    var all: [DNSUpstream] = []
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count > 1, words[0] == "nameserver", let one = DNSUpstream(words[1]), !all.contains(one) else {
        continue
      }
      all.append(one)
    }
    return all
  }
}

/// The resolvers of a file, read anew after it has changed. Usable from many threads.
public final class DNSUpstreamFile: Sendable {
  private struct State {
    var upstreams: [DNSUpstream] = []
    var status: FileStatus?
    var looked: UInt64 = 0
  }
  /// nil: they are what they are.
  private let path: FilePath?
  private let state: Mutex<State>
  /// How old what is known may be, in nanoseconds. Network managers replace the file or what it links to: looking is a
  /// system call, and needs no watch on every directory of the way.
  private static let age: UInt64 = 250_000_000

  /// Reads nothing yet.
  public init(_ path: FilePath = "/etc/resolv.conf") {
    self.path = path
    state = Mutex(State())
  }

  /// Of no file: always these.
  public init(fixed upstreams: [DNSUpstream]) {
    path = nil
    state = Mutex(State(upstreams: upstreams))
  }

  /// Those that count now; a file that is missing or cannot be read has none.
  public func upstreams() -> [DNSUpstream] {
    guard let path else { return state.withLock { $0.upstreams } }
    let now = Kernel.monotonicTime()
    return state.withLock { state in
      if state.looked != 0, now < state.looked + Self.age { return state.upstreams }
      state.looked = now
      do throws(SyscallError) {
        let status = try Kernel.status(of: path)
        if status == state.status { return state.upstreams }
        state.upstreams = DNSUpstream.list(in: try Kernel.text(of: path))
        state.status = status
      } catch {
        // One that is being replaced is there again at the next look; until then the old ones are the best there is.
        if error.errno == 2, state.status == nil { state.upstreams = [] }
      }
      return state.upstreams
    }
  }
}
