// The runtime's one error: which container, at which stage, why, and what to do about it.
internal import ContainrInit
public import ContainrSystem

/// Something that the runtime could not do with a container.
public struct RuntimeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The container's id.
  public var container: String
  /// Where it failed, in words: `start the shim`, `mount /data`, …
  public var stage: String
  /// What failed and, where possible, what to do.
  public var message: String
  /// The kernel's error behind it, if there is one.
  public var underlying: SyscallError?
  /// Further failures of a teardown that went on.
  public var others: [String] = []

  /// An error in words.
  public init(container: String, stage: String, message: String, underlying: SyscallError? = nil) {
    self.container = container
    self.stage = stage
    self.message = message
    self.underlying = underlying
  }

  /// A kernel call that failed, with advice where there is any.
  public init(container: String, stage: String, _ error: SyscallError) {
    self.init(container: container, stage: stage, message: Self.advice(error), underlying: error)
  }

  /// What a shell answers where the program is the reason: 127 for one that is not there, 126 for one that cannot be
  /// executed, or its directory; nil where something else failed.
  public var programCode: Int32? {
    guard let underlying, InitSteps.ofProgram.contains(stage) else { return nil }
    return underlying.errno == 2 && stage != InitSteps.workingDirectory ? 127 : 126
  }

  /// All of it in one line.
  public var description: String {
    var text = "container \(container): \(stage): \(message)"
    for other in others { text += "; also: \(other)" }
    return text
  }

  private static func advice(_ error: SyscallError) -> String {
    switch error.errno {
    case 1: "\(error). It takes root with CAP_SYS_ADMIN, of this host or of the user namespace"
    case 24, 23: "\(error). Too many open files: raise the limit with ulimit -n"
    case 28: "\(error). The disk, or the kernel's limit for this kind of object, is full"
    case 38: "\(error). This kernel is too old: Linux 5.12 or newer is needed"
    default: error.description
    }
  }
}
