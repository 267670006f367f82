// `containr image`: the images of this host.
internal import ArgumentParser

struct ImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image", abstract: "Fetches, sends and keeps images.",
    subcommands: [ImagePullCommand.self, ImagePushCommand.self])
}
