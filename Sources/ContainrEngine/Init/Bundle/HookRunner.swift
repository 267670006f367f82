// Hooks: programs that read the container's state from their standard input. Runs in whoever has the right namespaces.
public import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// A hook that did not work.
public struct HookError: Error, Sendable, Hashable, CustomStringConvertible {
  /// In words, with the hook's kind and path.
  public var description: String
  /// The kernel's number behind it, or 5.
  public var errno: Int32
}

/// Runs hooks, one after the other.
public enum HookRunner {
  /// The first that fails ends the list, whose name is `kind`. Their environment is what config.json gives them, and
  /// nothing of the caller's: an engine's may hold secrets.
  /// `from` is the number of the first in its list.
  public static func run(_ hooks: [OCIHook], _ kind: String, from: Int = 0, state: [UInt8]) throws(HookError) {
    for (index, hook) in hooks.enumerated() {
      do throws(SyscallError) {
        if let failure = try run(hook, state) {
          throw SyscallError(errno: 5, operation: "hook", detail: failure)
        }
      } catch {
        let reason = error.operation == "hook" ? error.detail ?? "" : error.description
        throw HookError(
          description: "error running hook #\(from + index): \(kind) hook failed with \(reason) (\(hook.path))",
          errno: error.errno)
      }
    }
  }

  /// nil if it ended with 0.
  private static func run(_ hook: OCIHook, _ state: [UInt8]) throws(SyscallError) -> String? {
    let input = try Kernel.emptyMemory(named: "containr-state")
    try input.writeAll(state)
    let readable = try Kernel.open(FilePath("/proc/self/fd/\(input.raw)"), .readOnly)
    let program = hook.path
    let child = try ChildProcess.spawn(
      FilePath(program), arguments: hook.args.isEmpty ? [program] : hook.args, environment: hook.env ?? [],
      descriptors: [readable.raw, 1, 2])
    let pidfd = try child.descriptor()
    let limit = hook.timeout.map { Int32(clamping: UInt64($0) * 1000) } ?? -1
    guard try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: limit) else {
      try child.kill()
      _ = try Kernel.waitForExit(pidfd: pidfd.raw)
      return "no end within \(hook.timeout ?? 0) s"
    }
    switch try Kernel.waitForExit(pidfd: pidfd.raw) {
    case .exited(0)?: return nil
    case .exited(let code)?: return "exit code \(code)"
    case .signalled(let signal)?: return "signal \(signal)"
    case nil: return "an end that nobody saw"
    }
  }
}
