// Room that is kept for the day when the disk is full: to take something away needs a few pages to write it down.
internal import ContainrSystem
public import SystemPackage

extension Store {
  static let reserveSuffix = "-reserve"
  /// Bytes. The index of SQLite's log takes 32 KiB; the log of a whole `down` cannot be written back before its end, and takes
  /// some pages for each container.
  private static let reserveSize = 1 << 20

  /// Keeps the room, if that is not done already. Without room there is none to be kept, and that is no error.
  public static func makeReserve(directory: FilePath) {
    let path = directory.appending(fileName + reserveSuffix)
    do throws(SyscallError) {
      if try Kernel.exists(path) {
        // One that was cut while it was written is too small.
        if try Kernel.status(of: path).size >= UInt64(reserveSize) { return }
        try Kernel.remove(path)
      }
      // Written and not only made long: a hole is no room. Not zeros, which some file systems do not keep.
      let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
      let file = try Kernel.open(path, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
      for _ in 0..<reserveSize / bytes.count { try file.writeAll(bytes) }
    } catch {
      do { try Kernel.remove(path) } catch {}
    }
  }

  /// Gives the room free; false if there was none.
  public static func releaseReserve(directory: FilePath) -> Bool {
    do {
      try Kernel.remove(directory.appending(fileName + reserveSuffix))
      return true
    } catch {
      return false
    }
  }
}
