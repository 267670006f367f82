// Stopping: dependents before what they depend on. The order comes from the records, as the file may have changed.
internal import ContainrSpec

/// One container that has to stop.
struct StopTarget {
  var container: ObservedContainer
  /// Nothing of it stays.
  var removes: Bool
  var reasons: [ChangeReason]
  var effect: ChangeEffect
}

extension ChangesetBuilder {
  /// Adds the stops in reverse order of dependency; answers the index by container id.
  mutating func stop(_ targets: [StopTarget], after foundation: [Int]) -> [String: Int] {
    var byService: [String: [StopTarget]] = [:]
    var dependents: [String: Set<String>] = [:]
    for target in targets {
      byService[target.container.name.service, default: []].append(target)
      for dependency in target.container.keys("depends_on.") {
        dependents[dependency, default: []].insert(target.container.name.service)
      }
    }
    var stops: [String: Int] = [:]
    var ofService: [String: [Int]] = [:]
    var visited: Set<String> = []
    func visit(_ service: String, _ builder: inout ChangesetBuilder) {
      guard visited.insert(service).inserted else { return }
      for dependent in (dependents[service] ?? []).sorted() { visit(dependent, &builder) }
      let waits = (dependents[service] ?? []).sorted().flatMap { ofService[$0] ?? [] }
      for target in (byService[service] ?? []).sorted(by: { $0.container.id < $1.container.id }) {
        let name = target.container.name
        // A dependent that will not stop is no reason to let this one run on.
        let index = builder.add(
          target.removes ? .removeContainer(name) : .stopContainer(name), target.container.address,
          reasons: target.reasons, effect: target.effect, after: foundation, tolerating: waits)
        stops[target.container.id] = index
        ofService[service, default: []].append(index)
      }
    }
    for service in byService.keys.sorted() { visit(service, &self) }
    return stops
  }
}
