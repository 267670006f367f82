// What has happened to containers, one line each, in a file that is gone with the boot: written by whoever knows of it (the
// shim of an end, the supervisor of health, commands of what they do), read by `containr events`.
internal import ContainrSystem

/// One event.
public struct ContainerEvent: Sendable, Hashable {
  /// What happened. The words are Docker's.
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case create, start, die, oom, kill, stop, restart, pause, unpause, destroy, hook, schedule
    case health = "health_status"
    /// Not Docker's: its starts are used up.
    case giveUp = "give_up"
    /// Not Docker's: the limit of processor time holds it up.
    case throttle
  }

  /// Nanoseconds since 1970.
  public var time: UInt64
  /// What happened.
  public var action: Action
  /// To whom.
  public var subject: EventSubject
  /// What more is to be said, in order: `exitCode`, `signal`, `health`, `limit`.
  public var attributes: [(name: String, value: String)] = []

  /// One without attributes.
  public init(_ action: Action, _ subject: EventSubject, time: UInt64? = nil) {
    self.time = time ?? Kernel.realTime()
    self.action = action
    self.subject = subject
  }

  /// The same with one more attribute.
  public func with(_ name: String, _ value: String) -> ContainerEvent {
    var event = self
    event.attributes.append((name, value))
    return event
  }

  /// Its line, with the newline: fields that hold neither tabs nor line ends.
  public var line: String {
    ([String(time), action.rawValue, subject.text] + attributes.map { "\($0.name)=\($0.value)" }).joined(
      separator: "\t") + "\n"
  }

  /// From a line without its end; nil for what is none.
  public init?(line: Substring) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
    guard fields.count >= 6, let time = UInt64(fields[0]), let action = Action(rawValue: String(fields[1])) else {
      return nil
    }
    self.init(
      action,
      EventSubject(
        stack: String(fields[2]), service: String(fields[3]), name: String(fields[4]), id: String(fields[5])),
      time: time)
    for field in fields[6...] {
      guard let sign = field.firstIndex(of: "=") else { return nil }
      attributes.append((String(field[..<sign]), String(field[field.index(after: sign)...])))
    }
  }

  /// Field by field.
  public static func == (a: ContainerEvent, b: ContainerEvent) -> Bool { a.line == b.line }
  /// Of the same fields.
  public func hash(into hasher: inout Hasher) { hasher.combine(line) }
}

/// Whom an event is about.
public struct EventSubject: Sendable, Hashable {
  /// The stack's name.
  public var stack: String
  /// The service's name.
  public var service: String
  /// The same in every life of the container.
  public var name: String
  /// On the host.
  public var id: String

  /// With its values.
  public init(stack: String, service: String, name: String, id: String) {
    self.stack = stack
    self.service = service
    self.name = name
    self.id = id
  }

  /// Its fields of a line.
  public var text: String { [stack, service, name, id].joined(separator: "\t") }
}
