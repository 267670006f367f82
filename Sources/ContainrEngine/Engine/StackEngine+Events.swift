// What has happened to containers, told and read.
public import ContainrHost
internal import ContainrReconcile
public import ContainrTelemetry

extension StackEngine {
  /// Tells of events. What was done is done, whoever hears of it.
  func tell(_ events: ContainerEvent...) {
    do { try settings.journal.append(events) } catch {
      // The run directory is gone or full; the records and the kernel know better than any list of what was.
    }
  }

  /// The events of this boot that are kept, in the order in which they were written.
  public func events() throws(EngineError) -> [ContainerEvent] {
    do { return try settings.journal.all() } catch { throw EngineError(error, "read the events") }
  }

  /// Those to come. Only while there is a stack on this host.
  public func followEvents() throws(EngineError) -> EventFollower {
    do { return try EventFollower(settings.journal) } catch { throw EngineError(error, "follow the events") }
  }
}

extension ContainerStatus {
  var eventSubject: EventSubject { EventSubject(stack: stack, service: service, name: name, id: id) }
}
