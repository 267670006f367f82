// What can go wrong with links, addresses, rules and names. Errors are data; the Engine words the advice.
public import ContainrSystem
internal import SystemPackage

/// One netlink request that the kernel refused.
public struct NetlinkFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was asked for, such as `create bridge cbr0`.
  public var request: String
  /// Positive.
  public var errno: Int32
  /// The kernel's own explanation (extended ack), if it gave one.
  public var explanation: String?

  /// A refusal.
  public init(request: String, errno: Int32, explanation: String? = nil) {
    self.request = request
    self.errno = errno
    self.explanation = explanation
  }

  /// For messages.
  public var description: String {
    "\(request): \(Errno(rawValue: errno).description)" + (explanation.map { " (\($0))" } ?? "")
  }
}

/// An error of this room.
public enum NetworkError: Error, Sendable, Hashable, CustomStringConvertible {
  case system(SyscallError)
  /// At least one; the other requests of the batch were carried out.
  case refused([NetlinkFailure])
  /// Something of that name exists and is not ours.
  case foreign(name: String, String)
  /// No address or subnet is left.
  case exhausted(String)
  /// The plan contradicts itself or the kernel's limits.
  case invalid(String)
  /// libnftables refused a transaction or a listing.
  case firewall(operation: String, String)
  /// The kernel's answer cannot be read.
  case malformed(String)

  /// For messages.
  public var description: String {
    switch self {
    case .system(let error): error.description
    case .refused(let failures): failures.map(\.description).joined(separator: "; ")
    case .foreign(let name, let detail): "\(name) exists and is not ours: \(detail)"
    case .exhausted(let text), .invalid(let text): text
    case .firewall(let operation, let text): "nft \(operation): \(text)"
    case .malformed(let text): "malformed answer: \(text)"
    }
  }

  /// The errno of a kernel error, if it is one.
  public var errno: Int32? {
    switch self {
    case .system(let error): error.errno
    case .refused(let failures): failures.first?.errno
    default: nil
    }
  }
}

/// Runs kernel calls of ContainrSystem and words their errors as ours.
func kernel<Value: ~Copyable>(_ body: () throws(SyscallError) -> Value) throws(NetworkError) -> Value {
  do { return try body() } catch { throw .system(error) }
}
