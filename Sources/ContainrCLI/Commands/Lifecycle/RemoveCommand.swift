// `containr rm`: containers that do not run go, and the stack stays.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile

struct RemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Removes containers that do not run, with what they have written; up makes new ones.",
    discussion: "Volumes with a name stay.")
  @Option(
    name: .customLong("file"), help: ArgumentHelp("The stack file; repeated, later files override.", valueName: "file"))
  var named: [String] = []
  @OptionGroup var naming: NamingOptions
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: "Stack files, if words end in .yaml or .yml; services; no service is all of them.")
  var words: [String] = []
  @Flag(name: .shortAndLong, help: "Stop those that run first.") var stop = false
  @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
  @Flag(name: .shortAndLong, help: "Their anonymous volumes as well.") var volumes = false
  @OptionGroup var dry: DryRunOption

  func run() throws {
    // In this command -f is what it is in Compose, so the file may stand among the words.
    let arguments = MixedWords(words, files: named)
    if dry.dryRun {
      let rehearsal = try Rehearsal(naming.choice(arguments.files), arguments.services, noColour: noColor)
      try rehearsal.remove(rehearsal.choice.containers.filter { stop || $0.pid == nil }, volumes: volumes)
      return DryRun.end(rehearsal.context)
    }
    let movement = try StackMovement.take(
      naming.choice(arguments.files), arguments.services, noColour: noColor)
    let context = movement.context
    let going = movement.choice.containers.filter { stop || $0.pid == nil }
    if going.isEmpty {
      return context.output.write(
        "nothing to do: \(stop ? "there is none" : "all of them run, and -s stops them first")\n")
    }
    if !force {
      guard Prompt.isPossible else {
        throw CommandExit(
          .refused, "containers would be removed, and there is nobody to ask", help: "-f says that it may be")
      }
      guard Prompt.confirm("Remove \(going.map(\.name).joined(separator: ", "))?") else {
        throw CommandExit(.refused, "nothing was changed")
      }
    }
    var wanted = ReconcileOptions(goal: .remove, removeVolumes: volumes)
    wanted.removeOnly = Set(going.map(\.id))
    try movement.apply(wanted, nil, nothing: "nothing to do") { "\($0) removed" }
  }
}
