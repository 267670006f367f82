// `containr create`: the containers of a stack with all that they stand on, and nothing started. An `up --no-start` in Compose's words.
internal import ArgumentParser
internal import ContainrForeground

struct CreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Makes the containers of a stack and starts none; start or up begins them.",
    discussion: "One that runs and has changed is made again, and so does not run any more.")
  @OptionGroup var stack: StackOptions
  @OptionGroup var making: MakingOptions
  @OptionGroup var scale: ScaleOptions
  @OptionGroup var orphans: OrphanOptions
  @Flag(help: "Refuse layers that are not in stack.lock, and a stack without one.") var frozen = false
  @OptionGroup var dry: DryRunOption
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: "Only these services and what they depend on.", completion: .services) var services: [String] = []

  func run() throws {
    var options = try UpOptions.parse(["--no-start"])
    (options.stack, options.making, options.scale, options.orphans) = (stack, making, scale, orphans)
    (options.frozen, options.noColor, options.words, options.dry) = (frozen, noColor, services, dry)
    try UpRun(options: options).run()
  }
}
