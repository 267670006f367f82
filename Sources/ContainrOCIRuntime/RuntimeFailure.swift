// The one error of this front end: what is told on stderr and in the log, and the exit code.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrSystem
internal import SystemPackage

/// A command that did not work.
struct RuntimeFailure: Error, Sendable, Hashable, CustomStringConvertible {
  var description: String
  /// 1 unless a container's own code is passed on.
  var code: Int32 = 1
  /// Whatever was asked for is not there.
  var isMissing = false
  /// The specification has the container destroyed.
  var endsLife = false

  init(_ description: String, code: Int32 = 1) {
    self.description = description
    self.code = code
  }

  init(_ stage: String, _ error: SyscallError) { self.init("\(stage): \(error)") }
  init(_ error: CgroupError) { self.init("cgroup: \(error)") }
  init(_ failure: InitFailure) {
    self.init(failure.description)
    // A hook of the start: lifecycle, step 7.
    endsLife = failure.error.operation == "hook"
    // The words by which engines tell a missing program.
    if failure.stage == "look for the program" || failure.stage == "find the program" {
      if failure.error.errno == 2 {
        description = "executable file `\(failure.error.path?.string ?? "")` not found: No such file or directory"
        if let detail = failure.error.detail { description += " (\(detail))" }
      } else if failure.error.errno == 13 {
        description = "exec `\(failure.error.path?.string ?? "")`: permission denied (Permission denied)"
      }
    }
  }
  init(_ error: HookError) { self.init(error.description) }

  static func missing(_ id: String) -> RuntimeFailure {
    var failure = RuntimeFailure("container `\(id)` does not exist")
    failure.isMissing = true
    return failure
  }
}

/// Runs kernel calls under the name of a stage.
func attempt<Value: ~Copyable>(
  _ stage: String, _ body: () throws(SyscallError) -> Value
) throws(RuntimeFailure) -> Value {
  do throws(SyscallError) { return try body() } catch { throw RuntimeFailure(stage, error) }
}

/// The same for a cgroup.
func attemptCgroup<Value>(_ body: () throws(CgroupError) -> Value) throws(RuntimeFailure) -> Value {
  do throws(CgroupError) { return try body() } catch { throw RuntimeFailure(error) }
}
