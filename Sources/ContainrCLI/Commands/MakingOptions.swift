// How images come and containers are made, in Compose's words; shared by the commands that make containers. Nothing is built here:
// what asks for it is refused by name.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec

/// What `up` and `create` have in common.
struct MakingOptions: ParsableArguments {
  @OptionGroup var building: BuildingOptions

  @Option(
    help: ArgumentHelp(
      "When images are pulled, instead of what the file says: always, missing, never.", valueName: "when"))
  var pull: PullWord?

  @Flag(help: "Say nothing of pulls.") var quietPull = false

  @Flag(help: "Make all containers again, also those of which nothing has changed.") var forceRecreate = false

  @Flag(help: "Leave containers that are there as they are made, whatever has changed.") var noRecreate = false

  @Flag(name: .shortAndLong, help: "Do not ask before data is lost.") var yes = false

  func validate() throws {
    if forceRecreate, noRecreate { throw ValidationError("--force-recreate and --no-recreate contradict each other") }
  }
}

/// Compose's words about builds.
struct BuildingOptions: ParsableArguments {
  @Flag(help: "Refused: nothing is built here.") var build = false
  @Flag(help: "Accepted: nothing is ever built here.") var noBuild = false
  @Flag(help: "Accepted: there is no build that could say anything.") var quietBuild = false

  func validate() throws {
    if build {
      throw ValidationError("--build: images are not built here; build them with another tool and name them by image:")
    }
  }
}

/// The words of `--pull`.
enum PullWord: String, ExpressibleByArgument, CaseIterable, Sendable {
  case always, missing, never

  var policy: PullPolicy {
    switch self {
    case .always: .always
    case .missing: .missing
    case .never: .never
    }
  }
}
