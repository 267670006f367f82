// What is known of a container that did not start, has ended, or is not healthy. Values only; the words are for people,
// the rest is for programs.
public import ContainrSpec

/// One container that is not well.
public struct FailureReport: Sendable, Hashable {
  /// What became of it.
  public enum Kind: String, Sendable {
    case notStarted = "not started"
    case exited
    case signalled
    case outOfMemory = "out of memory"
    /// The server of its files had ended.
    case filesLost = "files lost"
    case unhealthy
    /// It has ended, and nobody saw how.
    case vanished
  }

  /// The last answer of a health check.
  public struct Probe: Sendable, Hashable {
    /// What was run.
    public var command: [String]
    /// nil: it gave none, as its time was over or it could not be run.
    public var exitCode: Int32?
    /// What it wrote, cut off at some length.
    public var output: String
  }

  /// Its id on the host.
  public var id: String
  /// Its name, as people see it.
  public var container: String
  /// The service's name.
  public var service: String
  /// What became of it.
  public var kind: Kind
  /// One sentence about the container, without its name.
  public var message: String
  /// Of its first process.
  public var exitCode: Int32?
  /// The name of the signal that ended its first process, such as `SIGSEGV`.
  public var signal: String?
  /// nil: it has no health check, or this is not about it.
  public var probe: Probe?
  /// Facts beside the message.
  public var notes: [String] = []
  /// What to do.
  public var help: String?
  /// Where the file speaks of it.
  public var location: SourceLocation?
  /// The container's log, in the CRI form.
  public var logFile: String
  /// Times from which on what is in it is of this life of the container; nil: all of it is.
  public var logBegin: String?
}
