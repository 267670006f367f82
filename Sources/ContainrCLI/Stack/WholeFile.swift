// A file that a command writes piece by piece: whole under its name, or not at all.
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

enum WholeFile {
  private static func openForWriting(_ path: FilePath) throws -> OwnedFD {
    do throws(SyscallError) { return try Kernel.open(path, [.writeOnly]) } catch {
      throw CommandExit(.failure, error.description)
    }
  }

  /// Writes to a path, which stands there only at the end, or to standard output for nil or `-`.
  static func write(
    _ path: FilePath?, _ context: CommandContext,
    _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    guard let path, path != "-" else {
      return try context.transferring { try body { try Kernel.writeAll(context.output.descriptor, Array($0)) } }
    }
    // A device, a pipe or what a link leads to is written to; only a file can be put in another's place.
    let isOther = try context.transferring {
      try Kernel.exists(path)
        && (!Kernel.status(of: path).isRegular || Kernel.status(of: path, followSymlinks: false).isSymbolicLink)
    }
    if isOther {
      let file = SharedFD(try openForWriting(path))
      return try context.transferring { try body { try Kernel.writeAll(file.raw, Array($0)) } }
    }
    let unfinished = FilePath("\(path).\(UInt32.random(in: 0...UInt32.max)).part")
    try context.transferring {
      do {
        let file = try Kernel.open(unfinished, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644)
        try body { try Kernel.writeAll(file.raw, Array($0)) }
        try Kernel.sync(unfinished)
        try Kernel.rename(unfinished, to: path)
      } catch {
        try? Kernel.remove(unfinished)
        throw error
      }
    }
  }
}
