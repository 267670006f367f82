// What the runtime finds when it looks at a container. Pure values.
public import ContainrSystem

/// The state of one container, from its run directory and the kernel.
public enum ContainerObservation: Sendable, Hashable {
  /// Nothing is there.
  case absent
  /// A run directory without processes: a start that was cut off. `delete` removes it.
  case incomplete
  /// Its first process runs. `shim` is nil if the shim was killed (the process then ends at once as well).
  case running(initial: ProcessIdentity, shim: ProcessIdentity?)
  /// It has ended and the shim recorded how.
  case exited(ContainerExit)
  /// It has ended and nobody recorded how: the shim was killed, or the machine was started anew.
  case died
}

/// How a container ended.
public struct ContainerExit: Sendable, Hashable {
  /// Its code or its signal.
  public var status: ExitStatus
  /// Nanoseconds since 1970.
  public var time: UInt64
  /// Whether the kernel's OOM killer struck inside.
  public var outOfMemory: Bool
  /// Whether it was killed because the server of its files had ended (`OverlayMaker`).
  public var lostFiles = false

  /// An end of these values.
  public init(status: ExitStatus, time: UInt64, outOfMemory: Bool) {
    self.status = status
    self.time = time
    self.outOfMemory = outOfMemory
  }
}

/// What a command run inside a container gave.
public struct ExecResult: Sendable, Hashable {
  /// nil if it was killed because its time was over.
  public var status: ExitStatus?
  /// stdout and stderr as they came, cut off at the limit.
  public var output: [UInt8]
  /// Whether its time was over.
  public var timedOut: Bool

  /// A result of these values.
  public init(status: ExitStatus?, output: [UInt8], timedOut: Bool) {
    self.status = status
    self.output = output
    self.timedOut = timedOut
  }
}
