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

  /// Makes sure that the command runs as root: of the host, or of the user's own namespaces, in which it begins anew.
  package func requireRoot() throws {
    if surroundings.uid != 0 { try RootlessEntry.enter(self) }
  }
}
