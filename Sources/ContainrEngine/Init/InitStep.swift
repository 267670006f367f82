// One step of a process on its way to being the container's program, and how the steps are run.
internal import CContainrLinux
internal import ContainrRootfs
internal import ContainrSystem

/// A named step. The name is what the user reads when it fails.
struct InitStep: Sendable {
  /// Who takes the step.
  enum Scope: Sendable {
    /// The container's first process.
    case first
    /// The first process, and a command that enters later.
    case both
  }

  let name: String
  let scope: Scope
  let run: @Sendable (InitContext) throws(SyscallError) -> Void

  init(_ name: String, _ scope: Scope, _ run: @escaping @Sendable (InitContext) throws(SyscallError) -> Void) {
    self.name = name
    self.scope = scope
    self.run = run
  }

  /// Takes the steps and becomes the program. A failure is told to the host, and the process exits.
  static func become(_ context: InitContext) -> Never {
    for step in InitSteps.all where !context.isEntering || step.scope == .both {
      context.mounting = nil
      do throws(SyscallError) {
        try step.run(context)
      } catch {
        fail(context, step.name, error)
      }
    }
    fail(context, "execute the program", SyscallError(errno: 38, operation: "execve"))
  }

  /// Tells the host, if it still listens, and exits with the shell's code for a command that could not be run.
  static func fail(_ context: InitContext, _ stage: String, _ error: SyscallError) -> Never {
    let failure = InitFailure(stage: context.mounting?.description ?? stage, error: error)
    do throws(SyscallError) {
      try context.socket.send(InitMessage.failed(failure).bytes)
    } catch {
      cl__exit(125)  // nobody is left to be told
    }
    cl__exit(error.errno == 2 ? 127 : 126)
  }
}
