// What took how long: the phases of a command and the changes of its apply, and the longest way through them. Pure.
internal import ContainrReconcile

/// The times of one `up` or `down`, nanoseconds since the command's start.
struct Timeline: Sendable {
  struct Span: Sendable, Hashable {
    var begin: UInt64
    var end: UInt64
    var length: UInt64 { end - begin }
  }
  struct Phase: Sendable, Hashable {
    var name: String
    var span: Span
  }

  /// What the command did before and after the changes, in order.
  var phases: [Phase] = []
  /// The spans of changes, by index.
  var changes: [Int: Span] = [:]
  /// How they ended that did not end well, by index.
  var failures: [Int: String] = [:]

  var end: UInt64 { max(phases.map(\.span.end).max() ?? 0, changes.values.map(\.end).max() ?? 0) }

  /// The time of the apply as its parts: what came before its first change, and after its last one. What lies between is
  /// for the changes to account for.
  func partingPhase(_ name: String) -> Timeline {
    guard let index = phases.firstIndex(where: { $0.name == name }), !changes.isEmpty else { return self }
    var timeline = self
    let whole = phases[index].span
    let first = changes.values.map(\.begin).min() ?? whole.begin
    let last = changes.values.map(\.end).max() ?? whole.end
    timeline.phases.remove(at: index)
    if first > whole.begin {
      timeline.phases.append(Phase(name: "write intents", span: Span(begin: whole.begin, end: first)))
    }
    if whole.end > last { timeline.phases.append(Phase(name: "close", span: Span(begin: last, end: whole.end))) }
    return timeline
  }

  /// The changes that made the apply as long as it was: from the last one back to what it waited for longest.
  func criticalPath(_ changeset: Changeset) -> [Int] {
    guard var index = changes.max(by: { ($0.value.end, $0.key) < ($1.value.end, $1.key) })?.key else { return [] }
    var path = [index]
    while true {
      let change = changeset.changes[index]
      let before = (change.dependencies + change.after).filter { changes[$0] != nil }
      guard let last = before.max(by: { changes[$0]!.end < changes[$1]!.end }) else { return path.reversed() }
      index = last
      path.append(index)
    }
  }

  /// The part of the whole time that phases and the critical path account for, 0 to 1.
  func coverage(_ changeset: Changeset) -> Double {
    guard end > 0 else { return 1 }
    let path = criticalPath(changeset).compactMap { changes[$0] }
    return Double(Self.union(path + phases.map(\.span))) / Double(end)
  }

  private static func union(_ spans: [Span]) -> UInt64 {
    var total: UInt64 = 0
    var reached: UInt64 = 0
    for span in spans.sorted(by: { $0.begin < $1.begin }) where span.end > reached {
      total += span.end - max(span.begin, reached)
      reached = span.end
    }
    return total
  }
}
