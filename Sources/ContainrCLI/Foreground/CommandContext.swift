// What every command is handed: surroundings, streams, colours, and where the host's state lies.
internal import ContainrSystem
internal import SystemPackage

/// One run of a command.
package struct CommandContext: Sendable {
  /// What the command finds around itself.
  package var surroundings: Surroundings
  /// Compose's variables for how a command looks.
  package var switches: ComposeSwitches
  /// Standard output.
  package var output = Output.standard
  /// Standard error.
  package var errors = Output.error
  /// Colours for standard output.
  package var ink: Ink
  /// Colours for standard error.
  package var errorInk: Ink

  /// Of this process. `noColour` is the option.
  package init(noColour: Bool = false) throws {
    surroundings = try Surroundings.current()
    switches = try ComposeSwitches(surroundings)
    ink = Ink(
      isTerminal: Output.standard.isTerminal, forbidden: noColour, surroundings: surroundings, colour: switches.colour)
    errorInk = Ink(
      isTerminal: Output.error.isTerminal, forbidden: noColour, surroundings: surroundings, colour: switches.colour)
  }

  /// A line that is not an error.
  package func warn(_ text: String) { errors.write("\(errorInk.paint("warning", .yellow)): \(Displayed.safe(text))\n") }

  /// Ends the command unless it runs as root.
  package func requireRoot(_ program: String) throws {
    guard surroundings.uid != 0 else { return }
    throw CommandExit(
      .refused, "\(program) must run as root: namespaces, cgroups and nftables are the kernel's, and it asks for root",
      notes: ["you are uid \(surroundings.uid); rootless stacks are not in this version"],
      help: "sudo \(program) …   (a stack file alone can be checked without: containr check FILE)")
  }
}
