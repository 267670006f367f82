// `containr network`: the networks of this host by name.
internal import ArgumentParser

struct NetworkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network", abstract: "Lists, makes, looks at and removes networks, and connects containers to them.",
    subcommands: [
      NetworkListCommand.self, NetworkInspectCommand.self, NetworkCreateCommand.self, NetworkRemoveCommand.self,
      NetworkConnectCommand.self, NetworkDisconnectCommand.self, NetworkPruneCommand.self,
    ])
}
