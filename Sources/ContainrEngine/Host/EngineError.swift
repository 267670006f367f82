// Why the engine could not look, lock or begin. What fails in the middle of an apply is in its report instead.
package import ContainrRuntime
package import ContainrSystem

/// A failure of the engine.
public struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure.
  public enum Kind: Sendable, Hashable {
    case settings
    /// Another command works on this stack; `message` names it.
    case locked
    case store
    case kernel
    case permission
    case unknownContainer
    case unknownRevision
    /// A registry that may answer better later.
    case unavailable
    /// A program inside could not be begun, and a shell would answer this: 126 or 127.
    case program(Int32)
  }
  /// What kind of failure this is.
  public var kind: Kind
  /// A sentence for the user.
  public var message: String

  /// A failure in words.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// A failed call and what it was for.
  package init(_ error: SyscallError, _ doing: String) {
    self.init(error.errno == 1 || error.errno == 13 ? .permission : .kernel, "\(doing): \(error)")
  }

  /// Of a command in a container, or of a container alone: whose fault it is counts.
  package init(ofCommand error: RuntimeError) {
    self.init(error.programCode.map { .program($0) } ?? .kernel, error.description)
  }

  /// The message.
  public var description: String { message }
}
