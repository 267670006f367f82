// Which stack is meant, whatever command says it: the file's finding and loading, with everything shown that is found.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

/// The words of a command line that name a stack.
struct StackChoice: Sendable, Hashable {
  var files: [String] = []
  var projectName: String?
  var profiles: [String] = []
  var envFiles: [String] = []
  var projectDirectory: String?
  /// Layers have to be what the lock file says, if there is one.
  var usesLock = true
  /// There has to be a lock file, and every layer in it.
  var isFrozen = false
  /// When images are fetched, instead of what the files say.
  var pull: PullPolicy?
  /// Numbers of containers by service, instead of those of the files.
  var scale: [String: Int] = [:]

  /// Published ports are any free ones.
  var freesPorts = false

  /// What is one more override file.
  var override: CommandLineText?

  /// The reader for the file; that there is none ends the command.
  func reader(_ context: CommandContext) throws -> StackReader {
    let settings = try settings(context)
    guard let source = settings.source else {
      throw CommandExit(
        .refused, "no stack file here or in a directory above",
        notes: ["looked for \(StackFinder.names.joined(separator: ", "))"], help: "name one, or go to its directory")
    }
    for rival in source.rivals {
      context.warn("both \(rival.taken) and \(rival.left) are here; \(rival.taken) is used, -f names another")
    }
    var reader = StackReader(settings: settings, source: source)
    reader.scale = scale
    reader.override = override?.text
    return reader
  }

  /// What is known without reading the stack file.
  func settings(_ context: CommandContext) throws -> StackSettings {
    try StackSettings(self, surroundings: context.surroundings)
  }

  /// The plan of the stack; all findings are shown, and any error among them ends the command.
  /// `hear` is told of the findings as well; `isQuiet`: they are shown only if there is no plan.
  func plan(
    _ context: CommandContext, isQuiet: Bool = false, hear: ([Diagnostic]) -> Void = { _ in }
  ) throws -> LoadedStack {
    var reader = try self.reader(context)
    reader.wantsModel = false
    let result = try reader.load()
    hear(result.diagnostics)
    if !isQuiet || result.plan == nil {
      let findings = override?.named(result.diagnostics) ?? result.diagnostics
      context.errors.write(
        DiagnosticRenderer.render(findings, sources: result.sources, colour: context.errorInk.isOn))
    }
    guard var plan = result.plan else { throw CommandExit(.refused) }
    let named = plan.file
    plan.file = StackIdentity.path(of: reader.source)
    var loaded = LoadedStack(plan: plan, sources: result.sources, profiles: reader.settings.profiles)
    loaded.named = named
    loaded.override = override
    if usesLock {
      loaded.pins = try StackLockFile(for: named, context: context).pins(plan, isFrozen: isFrozen, context)
      if let images = loaded.pins?.images, !images.isEmpty { loaded.plan = loaded.plan.pinning(images) }
    }
    if let pull { loaded.plan = loaded.plan.pulling(pull) }
    if freesPorts { loaded.plan = loaded.plan.freeingPorts() }
    return loaded
  }
}

/// A plan and the texts that its places point into.
struct LoadedStack: Sendable {
  var plan: StackPlan
  var sources: [SourceText]
  /// The active ones.
  var profiles: [String] = []
  /// The first file's path as it was named, made absolute: the lock file is beside it.
  var named = ""
  /// What of it is of the command line.
  var override: CommandLineText?
  /// What the layers have to be, by the lock file.
  var pins: LayerPins?
}
