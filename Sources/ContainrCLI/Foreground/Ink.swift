// ANSI colours, or none. Knows when colour is wanted, never writes.

/// Paints text if colour is on.
package struct Ink: Sendable {
  /// What a colour is for.
  package enum Colour: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "1;31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  /// Colours of services in logs: apart from each other, readable on dark and light, red left for errors.
  package static let palette = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"]

  /// Whether there is colour at all.
  package var isOn: Bool

  /// Colour is for terminals, and only if neither the user (https://no-color.org) nor a dumb terminal forbids it.
  /// COMPOSE_ANSI decides instead of the terminal.
  package init(
    isTerminal: Bool, forbidden: Bool = false, surroundings: Surroundings, colour: ComposeSwitches.Colour = .auto
  ) {
    let isWanted =
      switch colour {
      case .auto: isTerminal && surroundings.variable("TERM") != "dumb"
      case .never: false
      case .always: true
      }
    isOn = isWanted && !forbidden && surroundings.variable("NO_COLOR") == nil
  }

  /// On or off, whatever the terminal.
  package init(isOn: Bool) { self.isOn = isOn }

  /// The text in a colour.
  package func paint(_ text: String, _ colour: Colour) -> String { paint(text, sequence: colour.rawValue) }

  /// The text in an ANSI sequence, such as `1;31`.
  package func paint(_ text: String, sequence: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(sequence)m\(text)\u{1B}[0m" : text
  }
}
