// `containr wait`: until containers have ended for good; the exit code of the last one to end is passed on.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct WaitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Waits until containers have ended for good, and passes an exit code on.",
    discussion: "With several, the code is that of the last one to end. One that its policy starts again is waited for."
  )
  @OptionGroup var stack: StackOptions
  @Flag(help: "Take the stack down when the first one has ended.") var downProject = false
  @Argument(help: "Services.", completion: .services) var services: [String]

  func validate() throws {
    if services.isEmpty { throw ValidationError("name the services to wait for") }
  }

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let wanted = try ContainerChoice(services, of: name, engine, context).serving
    var told: Set<String> = []
    var code: Int32 = 0
    while told.count < wanted.count {
      let now = try ContainerChoice(services, of: name, engine, context).containers
      var running: ContainerStatus?
      for container in wanted where !told.contains(container.id) {
        let there = now.first { $0.id == container.id }
        // One that was removed meanwhile has ended, and nobody knows how.
        if let there, !there.isOver || there.pid != nil {
          running = there
          continue
        }
        told.insert(container.id)
        code = there?.exitCode ?? 137
        context.output.write("\(container.name) \(there?.exitCode.map(String.init) ?? "gone")\n")
        if downProject {
          let options = try DownOptions.parse(["-p", name, "-y"])
          try DownRun(options: options).run()
          throw CommandExit(passing: code)
        }
      }
      guard let running else { continue }
      // The end of one of them, or, while it is between two lives, a moment.
      let end = try context.attempt { () throws(EngineError) in try engine.exitDescriptor(running.id) }
      if let end { _ = try Kernel.waitReadable(end.raw, milliseconds: 500) } else { Kernel.pause(milliseconds: 50) }
    }
    throw CommandExit(passing: code)
  }
}
