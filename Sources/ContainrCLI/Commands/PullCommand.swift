// `containr pull`: the images of a stack's services, fetched ahead of the `up` that needs them.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetches the images of a stack's services from their registries.",
    discussion: "What a lock file pins is fetched as pinned. containr image pull fetches any one image.")
  @OptionGroup var stack: StackOptions
  @Option(
    help: ArgumentHelp("missing: only those that are not here; always: also those that are.", valueName: "when"))
  var policy = PullPolicyWord.always
  @Option(help: ArgumentHelp("How often each is tried, with growing pauses.", valueName: "number")) var attempts = 1
  @Flag(help: "Go on with the others where one cannot be had, and end with 0.") var ignorePullFailures = false
  @Flag(help: "Accepted: a stack file that has something to build is refused as a whole.") var ignoreBuildable = false
  @Flag(help: "Also what the services depend on.") var includeDeps = false
  @Flag(name: .shortAndLong, help: "Show no progress.") var quiet = false
  @Flag(help: "No colours.") var noColor = false
  @OptionGroup var dry: DryRunOption
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []

  func validate() throws {
    if !(1...100).contains(attempts) { throw ValidationError("--attempts takes a number from 1 to 100") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let loaded = try stack.choice().plan(context)
    let engine = try context.engine()
    let meant = try services.isEmpty ? nil : ServiceSelection.named(services, in: loaded.plan, withNeeds: includeDeps)
    let images = try context.attempt { () throws(EngineError) in
      try engine.imagesToPull(loaded.plan, services: meant, onlyMissing: policy == .missing)
    }
    if dry.dryRun {
      for image in images { context.output.write("\(title(image))   would be pulled\n") }
      return DryRun.end(context)
    }
    let view = ProgressView(
      output: context.errors, ink: context.errorInk, isLive: ApplyView.canRedraw(context),
      titleWidth: images.map { Displayed.width(title($0)) }.max() ?? 0)
    var failed: [String] = []
    for image in images {
      if try !pull(image, engine, view) { failed.append(image.reference) }
    }
    if images.isEmpty, !quiet { context.errors.write("nothing to do: all images are here\n") }
    if failed.isEmpty || ignorePullFailures { return }
    throw CommandExit(
      .failure, "\(Displayed.count(failed.count, "image")) could not be fetched: \(failed.joined(separator: ", "))")
  }

  private func title(_ image: ImagePlan) -> String {
    "image \(image.reference)" + (image.platform.map { " for \($0)" } ?? "")
  }

  /// false: it could not be had, and it is said why.
  private func pull(_ image: ImagePlan, _ engine: StackEngine, _ view: ProgressView) throws -> Bool {
    let title = title(image)
    for attempt in 1... {
      if !quiet { view.begin(title, title: title, doing: "pulling") }
      do throws(EngineError) {
        try engine.pull(image) { view.advance(title, done: UInt64(clamping: $0), total: UInt64(clamping: $1)) }
        if !quiet { view.end(title, title: title, result: "pulled", .done) }
        return true
      } catch {
        view.end(title, title: title, result: "", .failed(error.message))
        guard error.kind == .unavailable, attempt < attempts else { return false }
        let pause = Self.pause(after: attempt)
        view.say("   attempt \(attempt + 1) of \(attempts) in \(pause) s\n")
        Kernel.pause(milliseconds: Int32(pause) * 1000)
      }
    }
    return false
  }

  /// Seconds; each longer than the one before, and none without end.
  static func pause(after attempt: Int) -> Int { min(30, 1 << min(attempt, 5)) }
}

/// The words of `--policy`.
enum PullPolicyWord: String, ExpressibleByArgument, CaseIterable, Sendable { case always, missing }
