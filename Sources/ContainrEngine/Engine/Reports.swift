// What the engine tells its caller: problems before, events during, a report after, and a table at any time.
public import ContainrReconcile
public import ContainrSpec

/// Something that preflight found. All of them are found at once, before anything is touched.
public struct Problem: Sendable, Hashable {
  /// A stable word, such as `port-taken` or `missing-layer`.
  public var code: String
  /// A sentence for the user.
  public var message: String
  /// The place in the file that asks for what cannot be had; nil if the host is to blame.
  public var location: SourceLocation?
  /// What can be done about it.
  public var help: String?
  /// Stands in nobody's way: it is only said.
  public var isWarning = false

  /// One finding.
  public init(code: String, message: String, location: SourceLocation? = nil, help: String? = nil) {
    self.code = code
    self.message = message
    self.location = location
    self.help = help
  }
}

/// What happens while a changeset is applied. Delivered from several threads, one call at a time.
public enum ProgressEvent: Sendable, Hashable {
  /// A change begins; the index is its index in the changeset.
  case started(index: Int, change: Change)
  /// How far a long one is, in words such as `12 of 40 MB`.
  case advanced(index: Int, done: Int64, total: Int64)
  case finished(index: Int, change: Change, milliseconds: Int)
  case failed(index: Int, change: Change, message: String)
  /// Not tried; the index of the change that failed first.
  case skipped(index: Int, change: Change, because: Int)
  /// Something that the user should know, such as a kernel setting that was changed.
  case note(String)
}

/// How an apply went.
public struct ApplyReport: Sendable, Hashable {
  /// One change that failed.
  public struct Failure: Sendable, Hashable {
    /// Its index in the changeset; -1: before the first one.
    public var index: Int
    /// What it was done to.
    public var address: String
    /// A sentence for the user.
    public var message: String
    /// Where the file speaks of it.
    public var location: SourceLocation?
    /// What is known of a container that is not there any more; nil: it is there, or there never was one.
    public var remains: Remains?
  }
  /// What is left of a new container that failed in an update and was taken away again.
  public struct Remains: Sendable, Hashable {
    /// Why it was not well; nil: nothing was wrong with the container itself.
    public var report: FailureReport?
    /// What it wrote last, without times.
    public var lastLines: [String]
  }
  /// A service whose update failed and was taken back (`failure_action: rollback`).
  public struct Rollback: Sendable, Hashable {
    /// The service's name.
    public var service: String
    /// Names of the containers that went back to what they were.
    public var containers: [String] = []
    /// What failed on the way back.
    public var failures: [Failure] = []
  }
  /// How many changes were done.
  public var done = 0
  /// What failed, in the order of the changeset.
  public var failures: [Failure] = []
  /// Indices of changes that were not tried.
  public var skipped: [Int] = []
  /// The number of the revision that was recorded; nil: none was.
  public var revision: Int?
  /// Services that went back to what they were. Their failures are among `failures` as well.
  public var rollbacks: [Rollback] = []
  /// Nanoseconds from the first intent to the last change.
  public var duration: UInt64 = 0

  /// Everything was done.
  public var succeeded: Bool { failures.isEmpty && skipped.isEmpty }
}

/// That a container is not started again, as its starts are used up.
public struct GivenUp: Sendable, Hashable, Codable {
  /// What did not change by them.
  public enum Reason: String, Sendable, Hashable, Codable {
    /// It ended again and again.
    case ended
    /// It runs, and is unhealthy again and again.
    case unhealthy
  }
  /// What did not change.
  public var reason: Reason
  /// How many starts in a row did not help.
  public var attempts: Int
}

/// One line of `ps`.
public struct ContainerStatus: Sendable, Hashable, Codable {
  /// What a container is doing.
  public enum State: String, Sendable, Codable {
    case creating
    /// Made, and never begun.
    case created
    case running, paused, exited, died, stopped, removing
    /// It waits for the first of its times.
    case scheduled
  }
  /// The stack's name.
  public var stack: String
  /// The service's name.
  public var service: String
  /// From 1.
  public var index: Int
  /// The same in every life of the container.
  public var name: String
  /// What it is doing.
  public var state: State
  /// `starting`, `healthy` or `unhealthy`; nil without a health check.
  public var health: String?
  /// The container's first process; nil if it does not run.
  public var pid: Int32?
  /// The code, or 128 + signal.
  public var exitCode: Int32?
  /// When it is started next, in seconds since 1970; nil: it has no schedule, or waits for no time.
  public var nextRun: Int?
  /// The kernel killed in it for want of memory.
  public var outOfMemory = false
  /// It was killed because the server of its files had ended; see docs/rootless.md.
  public var lostFiles = false
  /// What ended it that is not its own doing; nil: nothing is known.
  public var causeOfEnd: String? { outOfMemory ? "out of memory" : lostFiles ? "files lost" : nil }
  /// It has ended, and its restart policy leaves it so.
  public var isOver = false
  /// Its restart policy has no starts left; nil: it has, or wants none.
  public var givenUp: GivenUp?
  /// `0.0.0.0:8080->80/tcp`.
  public var ports: [String] = []
  /// `default 10.89.0.2`: network key and address.
  public var addresses: [String] = []
  /// Seconds since 1970; of the process if it runs, else of its end.
  public var since: Int?
  /// Seconds since 1970.
  public var createdAt: Int
  /// Bytes.
  public var memoryUsage: UInt64?
  /// Bytes.
  public var memoryLimit: Int64?
  /// The container's log, in the CRI form.
  public var logFile: String
  /// What is kept of its former lives beside that; nil: nothing.
  public var formerLogFile: String?
  /// 0 or 1, of the id on the host.
  public var slot = 0
  /// Its part while one container takes over from another.
  public var role = ObservedContainer.Role.serving

  /// It does not run, and its policy or its schedule would start it.
  public var comesBack: Bool { pid == nil && !isOver && [.exited, .died, .scheduled].contains(state) }

  /// The container's id on the host.
  public var id: String { ContainerName(stack: stack, service: service, index: index, slot: slot).id }
  /// It was run once (`containr run`), beside its service.
  public var isOneOff = false
  /// Its output is kept; false with `logging.driver: none`.
  public var keepsLog = true
}
