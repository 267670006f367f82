// Compose's variables for how a command looks and how much it does at once. Values only; docs/cli.md lists them.

/// COMPOSE_ANSI, COMPOSE_PROGRESS, COMPOSE_PARALLEL_LIMIT and what becomes of orphans.
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
  /// COMPOSE_REMOVE_ORPHANS.
  package var removesOrphans = false
  /// COMPOSE_IGNORE_ORPHANS.
  package var ignoresOrphans = false

  /// Of an environment; a value that means nothing ends the command.
  package init(_ surroundings: Surroundings) throws {
    colour = try Self.choice("COMPOSE_ANSI", surroundings) ?? .auto
    progress = try Self.choice("COMPOSE_PROGRESS", surroundings) ?? .auto
    removesOrphans = try Self.flag("COMPOSE_REMOVE_ORPHANS", surroundings)
    ignoresOrphans = try Self.flag("COMPOSE_IGNORE_ORPHANS", surroundings)
    if let text = surroundings.variable("COMPOSE_PARALLEL_LIMIT") {
      guard let number = Int(text) else {
        throw CommandExit(.failure, "COMPOSE_PARALLEL_LIMIT is '\(text)', which is no whole number")
      }
      // As in Compose, 0 and less are no limit of the user's.
      parallelLimit = number > 0 ? number : nil
    }
  }

  /// The words that Compose takes, in any case.
  private static func flag(_ name: String, _ surroundings: Surroundings) throws -> Bool {
    guard let text = surroundings.variable(name) else { return false }
    switch text.lowercased() {
    case "1", "t", "true", "y", "yes", "on": return true
    case "0", "f", "false", "n", "no", "off": return false
    default: throw CommandExit(.failure, "\(name) is '\(text)'", help: "write true or false")
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
