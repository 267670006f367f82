// `containr exec`: a command in a running container.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Runs a command in a running container; its exit code is passed on.",
    discussion: "It has the container's environment, user, rights and limits, our standard streams, and no terminal.")

  @OptionGroup var stack: StackOptions
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index = 1
  @Argument(help: "The service.") var service: String
  @Argument(parsing: .captureForPassthrough, help: "The command.") var command: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine("containr exec")
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard !words.isEmpty else { throw CommandExit(.failure, "name a command to run in \(service)") }
    let status: ExitStatus
    do throws(EngineError) {
      status = try engine.exec(
        stack: name, service: service, index: index, command: words, input: 0, output: 1, error: 2)
    } catch {
      throw CommandExit(.runFailed, error.message, help: error.kind == .unknownContainer ? "see containr ps" : nil)
    }
    throw CommandExit(passing: status.code)
  }
}
