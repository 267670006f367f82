// `containr version`.
internal import ArgumentParser
internal import ContainrForeground

struct VersionCommand: ParsableCommand {
  /// The one place that names it.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

  @Flag(help: "The number alone.") var short = false
  @Option(
    name: [.customShort("f"), .long], help: ArgumentHelp("pretty (a line), or json.", valueName: "pretty|json"))
  var format = VersionFormat.pretty

  func run() throws {
    if short { return Output.standard.write("\(Self.version)\n") }
    switch format {
    case .pretty: Output.standard.write("containr \(Self.version)\n")
    case .json: Output.standard.write("{\"version\":\(JSONText.quoted(Self.version))}\n")
    }
  }
}

/// The forms of `version`.
enum VersionFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case pretty, json }
