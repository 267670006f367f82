// Which services there are, for commands about containers that need no file: those that have containers, those that were applied
// last, and those of the file where it can be read.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

struct KnownServices {
  var choice: StackChoice
  var engine: StackEngine
  var context: CommandContext

  /// The plan of the last revision; nil: there is none.
  func applied(_ stack: String) throws -> StackPlan? {
    guard let last = try context.attempt({ () throws(EngineError) in try engine.lastRevision(of: stack) }) else {
      return nil
    }
    return try context.attempt { () throws(EngineError) in try engine.plan(ofRevision: last.number, stack: stack) }
  }

  /// A service that nobody knows is a mistake and ends the command; one that has no containers is none. `stack` nil: of this host.
  func check(_ services: [String], _ containers: [ContainerStatus], _ stack: String?) throws {
    var known = Set(containers.map(\.service))
    if known.isSuperset(of: services) { return }
    if let stack { known.formUnion(try applied(stack)?.services.map(\.name) ?? []) }
    let settings = try choice.settings(context)
    if let source = settings.source {
      var reader = StackReader(settings: settings, source: source)
      reader.wantsModel = false
      // What is wrong with the file is told by the commands that need it.
      if let plan = try reader.load().plan { known.formUnion(plan.services.map(\.name) + plan.inactiveServices) }
    }
    guard let unknown = services.first(where: { !known.contains($0) }) else { return }
    throw UnknownService.exit(unknown, known, .failure, "there is no service \(unknown)")
  }
}
