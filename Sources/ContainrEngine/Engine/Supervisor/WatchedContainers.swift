// All containers under watch. A supervisor goes through all of them at every turn, some thirty times a second with a hundred of
// them, and reads a field or two of each: so each is in a box of its own, and none is copied for that.

struct WatchedContainers {
  private final class Box {
    var container: WatchedContainer
    init(_ container: WatchedContainer) { self.container = container }

    /// When it is started again or probed; CLOCK_MONOTONIC.
    var due: UInt64? {
      var due: UInt64?
      if let next = container.restartDue, !container.isRestarting { due = next }
      if !container.isProbing, container.exit != nil, let next = container.health?.due { due = min(due ?? next, next) }
      return due
    }

    /// When it is tried again to listen for its movements.
    var listeningDue: UInt64? { container.exit == nil ? nil : container.listening?.due }
  }

  private var boxes: [String: Box] = [:]
  /// Those with a schedule.
  private var scheduled: Set<String> = []

  /// A container's by its id; nil: it is not watched.
  subscript(id: String) -> WatchedContainer? {
    get { boxes[id]?.container }
    set {
      guard let newValue else {
        boxes[id] = nil
        scheduled.remove(id)
        return
      }
      if let box = boxes[id] { box.container = newValue } else { boxes[id] = Box(newValue) }
      if newValue.schedule == nil { scheduled.remove(id) } else { scheduled.insert(id) }
    }
  }

  var ids: [String] { boxes.keys.sorted() }
  /// Of those with a schedule.
  var jobs: [String] { scheduled.sorted() }
  /// Of those that have ended and do not come back by themselves.
  var ended: [String] { boxes.filter { $0.value.container.hasEnded }.map(\.key) }

  /// When the next of all is started again or probed.
  var nextDue: UInt64? { boxes.values.lazy.compactMap(\.due).min() }
  /// Those whose time that is, or was.
  func due(now: UInt64) -> [String] { boxes.filter { $0.value.due.map { $0 <= now } ?? false }.map(\.key).sorted() }

  /// When it is tried next to listen for the movements of one of them.
  var nextListening: UInt64? { boxes.values.lazy.compactMap(\.listeningDue).min() }
  /// Those whose time that is, or was.
  func listening(now: UInt64) -> [String] {
    boxes.filter { $0.value.listeningDue.map { $0 <= now } ?? false }.map(\.key).sorted()
  }
}
