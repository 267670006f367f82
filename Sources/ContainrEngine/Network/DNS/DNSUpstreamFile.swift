// The host's file that names resolvers (resolv.conf(5)).
internal import ContainrSystem
internal import Synchronization
public import SystemPackage

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
