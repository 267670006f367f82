// The way of a whole stack back to a revision: what it takes, what stands in the way, doing it. Asks nobody.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct RevisionReturn {
  var context: CommandContext
  var engine: StackEngine
  var target: Revision
  /// The plan of the revision, for the file that the stack is known by.
  var stack: LoadedStack
  var changeset: Changeset
  /// Archives that are other ones than when the revision was applied.
  var changedLayers: [ChangedLayer]

  /// Looks; changes nothing.
  init(to target: Revision, of name: String, _ engine: StackEngine, _ context: CommandContext) throws {
    self.context = context
    self.engine = engine
    self.target = target
    let recorded = try context.attempt { () throws(EngineError) in
      try engine.returnPlan(to: target.number, stack: name)
    }
    let plan = try recorded.withVariables(context, "a revision")
    let (changeset, layers) = try context.attempt { () throws(EngineError) in
      var options = ReconcileOptions()
      options.orphans = try engine.returnRule(to: target.number, stack: name)
      return (
        try engine.plan(plan, stackName: name, options: options), try engine.changedLayers(since: target)
      )
    }
    stack = LoadedStack(plan: plan, sources: [])
    self.changeset = changeset
    changedLayers = layers
  }

  /// One warning an archive, as the result will not be what it was.
  func warnOfLayers() {
    for layer in changedLayers {
      let now = layer.now.map { "is another one now (\(Self.short($0)), then \(Self.short(layer.recorded)))" }
      context.warn("\(layer.path) \(now ?? "is gone") since revision \(target.number)")
    }
  }

  /// `replacing`: the failed revision that is the reason.
  func application(
    report: Output, ink: Ink, isJSON: Bool, replacing failed: Int? = nil
  ) -> Application {
    Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: report, reportInk: ink,
      isJSON: isJSON,
      intent: RevisionIntent(options: target.options, returnsTo: target.number, replacesFailed: failed))
  }

  private static func short(_ digest: String) -> String { String(digest.prefix(19)) }
}
