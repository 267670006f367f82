// `containr image`: the images of this host.
internal import ArgumentParser

struct ImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image", abstract: "Fetches, sends and keeps images.",
    subcommands: [
      ImageListCommand.self, ImagePullCommand.self, ImagePushCommand.self, ImageTagCommand.self,
      ImageRemoveCommand.self,
      ImageInspectCommand.self, ImageHistoryCommand.self, ImageLoadCommand.self, ImageSaveCommand.self,
      ImageImportCommand.self, ImageExportCommand.self, ImagePruneCommand.self, ImageVerifyCommand.self,
      ImageDiffCommand.self,
      ImageMountCommand.self, ImageUnmountCommand.self,
    ])
}
