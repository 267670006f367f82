// A directory as a tar stream and back: for volumes. The same tree is the same archive. Unpacked by the confined process that
// unpacks layers.
internal import ContainrSystem
public import SystemPackage

/// Why a directory does not become an archive, or an archive no directory.
public struct TreeArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Directories as archives.
public enum TreeArchive {
  /// Writes everything below a directory onto a descriptor; borrows both. Answers what is left out.
  public static func write(_ directory: CInt, to fd: CInt) throws(TreeArchiveError) -> [String] {
    do {
      return try LayerPacker.pack(directory, as: .volume) { try Kernel.writeAll(fd, Array($0)) }.omitted
    } catch {
      throw TreeArchiveError("\(error)")
    }
  }

  /// Unpacks an archive (plain, gzip, zstd, xz) into an empty directory, by a process that can reach nothing else. Borrows
  /// both descriptors. Answers what is left out.
  public static func unpack(
    _ archive: CInt, into directory: CInt, program: FilePath
  ) throws(TreeArchiveError) -> [String] {
    let report: UnpackReport
    do throws(SyscallError) {
      report = try LayerUnpacker.runVolume(program: program, archive: archive, into: directory)
    } catch {
      throw TreeArchiveError(error.description)
    }
    if let failure = report.failure { throw TreeArchiveError(failure) }
    return report.omitted
  }
}
