// A single container in the foreground: its output as it comes, signals passed on, everything cleared away at the end.
internal import ContainrSingle
internal import ContainrSystem

struct ForegroundRun {
  var container: SingleRun
  var context: CommandContext

  /// The exit code to pass on. `signals` is what `Interrupt.listen` gave.
  func run(signals: CInt) throws -> Int32 {
    do {
      let end = try container.follow(signals: signals) { (isError, bytes) throws(SyscallError) in
        try deliver(isError ? context.errors : context.output, bytes)
      }
      try container.clear()
      if let loss = end.loss { context.warn(loss) }
      if end.outOfMemory { context.warn("the container was out of memory") }
      return end.status.code
    } catch {
      do {
        try container.clear()
      } catch let second {
        throw CommandExit(.runFailed, "\(error)", notes: ["\(second)"])
      }
      throw CommandExit(ofCommand: error)
    }
  }

  /// Byte for byte; false when nobody reads any more, which the container then finds out for itself.
  private func deliver(_ output: Output, _ bytes: [UInt8]) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try Kernel.writeAll(output.descriptor, bytes)
      return true
    } catch {
      if error.errno == 32 { return false }  // EPIPE
      throw error
    }
  }
}
