// How every program of ours ends: errors into words on stderr and an exit code.
internal import ContainrSystem
internal import Glibc

/// The ends of programs.
package enum ProgramEnd {
  /// Runs a command to its end; `explain` is for the errors that are not ours.
  package static func of(_ body: () throws -> Void, explain: (any Error) -> Never = unexpected) -> Never {
    do {
      try body()
      leave(.done)
    } catch let exit as CommandExit {
      if exit.message != nil { Output.error.write(exit.text(ink)) }
      leave(exit.code)
    } catch let error as SyscallError {
      unexpected(error)
    } catch {
      explain(error)
    }
  }

  /// Does what has to be done before anything else.
  package static func expecting(_ body: () throws -> Void) {
    do { try body() } catch { unexpected(error) }
  }

  /// Colours for standard error.
  package static var ink: Ink { do { return try CommandContext().errorInk } catch { return Ink(isOn: false) } }

  /// With one of our own codes.
  package static func leave(_ code: ExitCode) -> Never { leave(code.rawValue) }

  /// Nothing is buffered by us, and nobody waits for destructors.
  package static func leave(_ code: Int32) -> Never { _exit(code) }

  private static func unexpected(_ error: any Error) -> Never {
    Output.error.write(CommandExit(.failure, "\(error)").text(ink))
    leave(.failure)
  }
}
