// `containr volume`: the volumes of this host by name.
internal import ArgumentParser

struct VolumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "volume", abstract: "Lists, makes, looks at, keeps and removes volumes.",
    subcommands: [
      VolumeListCommand.self, VolumeCreateCommand.self, VolumeInspectCommand.self, VolumeRemoveCommand.self,
      VolumePruneCommand.self, VolumeBackupCommand.self, VolumeRestoreCommand.self, VolumeSnapshotCommand.self,
    ])
}
