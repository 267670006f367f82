// Compose's variables for how a command looks and how much it does at once. Values only; docs/cli.md lists them.

/// COMPOSE_ANSI, COMPOSE_PROGRESS and COMPOSE_PARALLEL_LIMIT of one command.
package struct ComposeSwitches: Sendable, Hashable {
  /// When there is colour.
  package enum Colour: String, Sendable, CaseIterable { case auto, never, always }
  /// `json` is taken as `plain`: the outcome as JSON is what `--json` gives.
  package enum Progress: String, Sendable, CaseIterable { case auto, tty, plain, json, quiet }

  /// COMPOSE_ANSI.
  package var colour = Colour.auto
  /// COMPOSE_PROGRESS.
  package var progress = Progress.auto
  /// How many changes are made at once; nil: the engine's own number.
  package var parallelLimit: Int?

  /// Of an environment; a value that means nothing ends the command.
  package init(_ surroundings: Surroundings) throws {
    colour = try Self.choice("COMPOSE_ANSI", surroundings) ?? .auto
    progress = try Self.choice("COMPOSE_PROGRESS", surroundings) ?? .auto
    if let text = surroundings.variable("COMPOSE_PARALLEL_LIMIT") {
      guard let number = Int(text) else {
        throw CommandExit(.failure, "COMPOSE_PARALLEL_LIMIT is '\(text)', which is no whole number")
      }
      // As in Compose, 0 and less are no limit of the user's.
      parallelLimit = number > 0 ? number : nil
    }
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ surroundings: Surroundings
  ) throws -> Choice? {
    guard let text = surroundings.variable(name) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    throw CommandExit(
      .failure, "\(name) is '\(text)'", help: "write one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
  }
}
