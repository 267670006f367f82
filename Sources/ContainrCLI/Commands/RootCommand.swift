// `containr`: the umbrella over all subcommands.
internal import ArgumentParser

struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containr", abstract: "Runs stacks of containers from one checked-in file, without a daemon.",
    version: "containr \(VersionCommand.version)",
    subcommands: [
      UpCommand.self, DownCommand.self, PlanCommand.self, TestCommand.self, StatusCommand.self, PsCommand.self,
      LogsCommand.self,
      ExecCommand.self, AttachCommand.self, PullCommand.self, CreateCommand.self, StopCommand.self, StartCommand.self,
      RestartCommand.self, KillCommand.self,
      PauseCommand.self, UnpauseCommand.self, WaitCommand.self, ScaleCommand.self, RemoveCommand.self,
      TopCommand.self, StatsCommand.self, MetricsCommand.self, EventsCommand.self, PortCommand.self, StacksCommand.self,
      StackImagesCommand.self, StackVolumesCommand.self,
      HistoryCommand.self, DiffCommand.self,
      RollbackCommand.self, RunCommand.self, ServiceRunCommand.self, CheckCommand.self,
      ImageCommand.self, CommitCommand.self, ExportCommand.self, CopyCommand.self, LoginCommand.self,
      LogoutCommand.self,
      ConfigCommand.self, FmtCommand.self, CompatCommand.self, LockCommand.self, VolumeCommand.self,
      NetworkCommand.self,
      SystemdCommand.self,
      SchemaCommand.self,
      ExplainCommand.self, DoctorCommand.self, CompletionCommand.self, ManualCommand.self, VersionCommand.self,
      SuperviseCommand.self,
    ])
}
