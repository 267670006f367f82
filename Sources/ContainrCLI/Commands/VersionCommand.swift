// `containr version`.
internal import ArgumentParser
internal import ContainrForeground

struct VersionCommand: ParsableCommand {
  /// The one place that names it.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

  func run() throws { Output.standard.write("containr \(Self.version)\n") }
}
