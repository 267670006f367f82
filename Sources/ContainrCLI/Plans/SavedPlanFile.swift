// Reads saved plans and holds them against what is there; writes the files that a plan is asked for.
internal import ContainrForeground
internal import ContainrReconcile
internal import ContainrSystem
internal import SystemPackage

struct SavedPlanFile {
  var context: CommandContext

  /// The saved plan that the command names; nil: it names a stack file, or none.
  func read(_ options: UpOptions) throws -> SavedPlan? {
    guard let name = options.file, name.hasSuffix(".json") else { return nil }
    let bytes: [UInt8]
    do throws(SyscallError) { bytes = try TextFile.bytes(of: context.surroundings.absolute(name)) } catch {
      throw CommandExit(.refused, "the file \(name) cannot be read: \(error.reason)")
    }
    guard SavedPlan.isMeant(bytes) else { return nil }
    return try SavedPlan(reading: bytes, shown: name)
  }

  /// Refuses a plan that what is there has moved away from.
  static func check(_ saved: SavedPlan, now: Changeset) throws {
    let moves = saved.moves(now: now)
    guard !moves.isEmpty else { return }
    let shown = moves.prefix(20) + (moves.count > 20 ? ["… and \(moves.count - 20) more"] : [])
    throw CommandExit(
      .stale, "the saved plan no longer fits what is there", notes: Array(shown),
      help: "nothing was changed; make a new plan with 'containr plan -o FILE.json'")
  }
}

extension CommandContext {
  /// Writes a file that the user asked for; `-` is standard output. `isPrivate`: readable for its owner alone.
  func write(_ text: String, to name: String, isPrivate: Bool = false) throws {
    if name == "-" { return output.write(text) }
    let path = surroundings.absolute(name)
    do throws(SyscallError) {
      if isPrivate { try makePrivate(path) }
      try FileReplacement.write(text, to: path)
    } catch {
      throw CommandExit(.failure, "\(name) cannot be written: \(error.reason)")
    }
  }

  /// Before the file has its content, so that nobody else can read it in between. A file that is there keeps its mode when
  /// it is replaced: it is taken from the others first.
  private func makePrivate(_ path: FilePath) throws(SyscallError) {
    guard try Kernel.exists(path) else {
      _ = try Kernel.open(path, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
      return
    }
    let file = try Kernel.open(path, [.readOnly, .nonBlocking])
    if try Kernel.status(at: file.raw).isRegular { try Kernel.changeMode(file.raw, mode: 0o600) }
  }
}
