// The lock file beside a stack file: where it is, and what it says.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// `stack.lock` of one stack.
struct StackLockFile: Sendable {
  /// Absolute.
  let path: FilePath
  /// As the user would name it.
  let shown: String
  private let directory: String

  /// The one that belongs to a stack file, an absolute path.
  init(for file: String, context: CommandContext) {
    let stack = FilePath(file)
    let directory = stack.removingLastComponent()
    path = directory.appending(LockFile.name(for: stack.lastComponent?.string ?? "stack"))
    self.directory = directory.string
    let here = context.surroundings.workingDirectory
    shown = directory == here ? path.lastComponent?.string ?? path.string : path.string
  }

  /// A layer's path as this file has it.
  func key(_ layer: LayerPlan) -> String { LockFile.key(for: layer.path, in: directory) }

  /// What is in it; nil if there is none.
  func read() throws -> LockFileReading? {
    do throws(SyscallError) {
      return LockFileReading(try TextFile.bytes(of: path), file: shown)
    } catch {
      if error.errno == 2 { return nil }
      throw CommandExit(.refused, "the lock file \(shown) cannot be read: \(error.reason)")
    }
  }

  /// What is in it; findings are shown and end the command. nil if there is none.
  func lock(_ context: CommandContext) throws -> LockFile? {
    guard let reading = try read() else { return nil }
    context.errors.write(
      DiagnosticRenderer.render(reading.diagnostics, sources: [reading.source], colour: context.errorInk.isOn))
    guard let lock = reading.lock else { throw CommandExit(.refused) }
    return lock
  }

  /// The digests that a plan's layers have to have; nil if there is no lock file, which ends the command if it is
  /// frozen.
  func pins(_ plan: StackPlan, isFrozen: Bool, _ context: CommandContext) throws -> LayerPins? {
    guard let lock = try lock(context) else {
      if isFrozen {
        throw CommandExit(
          .refused, "there is no lock file \(shown), and --frozen asks for one", help: "containr lock makes it")
      }
      return nil
    }
    return LayerPins(file: shown, digests: digests(lock, plan), images: lock.images, isFrozen: isFrozen)
  }

  /// What a lock file says of a plan's layers, by their absolute paths.
  func digests(_ lock: LockFile, _ plan: StackPlan) -> [String: String] {
    var digests: [String: String] = [:]
    for layer in plan.services.flatMap(\.layers) { digests[layer.path] = lock.layers[key(layer)] }
    return digests
  }
}
