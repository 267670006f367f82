// Whose logs an attached `up` shows. The words and what they mean are Compose's.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec

struct AttachOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show the logs of this service and of no other; repeated. Not with -d, nor with --attach-dependencies.",
      valueName: "service"), completion: .services)
  var attach: [String] = []

  @Option(
    help: ArgumentHelp("Do not show the logs of this service; repeated.", valueName: "service"), completion: .services)
  var noAttach: [String] = []

  @Flag(help: "Show the logs of what the named services depend on as well. Not with -d.")
  var attachDependencies = false

  @Flag(help: "Refused: there is no menu.") var menu = false

  @Flag(name: .shortAndLong, help: "Refused: files are not watched.") var watch = false

  /// The word that was given; nil: none that only an attached `up` can follow.
  private var word: String? { attach.isEmpty ? attachDependencies ? "--attach-dependencies" : nil : "--attach" }

  func validate() throws {
    if menu {
      throw ValidationError(
        "--menu: there is no menu here; Ctrl-C stops the stack, and 'containr logs', 'ps' and 'stats' work beside it")
    }
    if watch {
      throw ValidationError(
        "--watch: files are not watched, and nothing is built here; mount the sources into the container, and say with "
          + "'x-containr.on-change' what an 'up' does when they have changed")
    }
    if !attach.isEmpty, attachDependencies {
      throw ValidationError("--attach and --attach-dependencies contradict each other")
    }
  }

  /// `other`: an option that does not stay to show anything.
  func forbid(_ other: String) throws {
    guard let word else { return }
    throw ValidationError("\(word) needs an attached up: it cannot be combined with \(other)")
  }

  /// Whose logs are shown and whose ends are waited for, of an `up` of `services` of a plan, or of all of it. What is not one
  /// of the services that are brought up is an error.
  func audience(_ services: [String], in plan: StackPlan, withNeeds: Bool) throws -> Audience {
    let all = try ServiceSelection.named(services, in: plan, withNeeds: withNeeds || services.isEmpty)
    for (word, names) in [("--attach", attach), ("--no-attach", noAttach)] {
      guard let strange = names.first(where: { !all.contains($0) }) else { continue }
      throw UnknownService.exit(
        strange, all, .refused, "\(word) \(strange): it is none of the services that are brought up")
    }
    let own = services.isEmpty || attachDependencies ? all : Set(services)
    let shown = attach.isEmpty ? own : Set(attach)
    return Audience(shown: shown.subtracting(noAttach), awaited: own.union(attach))
  }
}

/// Who is looked at by an attached `up`.
struct Audience: Sendable, Hashable {
  /// Services whose logs are shown.
  var shown: Set<String>
  /// Services whose ends are waited for, and told.
  var awaited: Set<String>
}
