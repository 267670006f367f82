// A tar of files without owners and times, for archives of images.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// Writes files into a tar.
public final class ArchiveWriter {
  private let tar: TarWriter

  /// `take` gets the tar's bytes.
  public init(_ take: @escaping (UnsafeRawBufferPointer) throws -> Void) throws { tar = try TarWriter(take) }

  /// A small file.
  public func add(_ name: String, _ bytes: [UInt8]) throws { try tar.add(name, bytes) }

  /// A file of exactly `size` bytes, read from a descriptor's start; borrowed.
  public func add(_ name: String, from file: CInt, size: Int64) throws {
    try tar.add(TarWriter.Entry(name: Array(name.utf8), mode: 0o100644, size: size))
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var done: Int64 = 0
    while done < size {
      let count = try Kernel.read(file, into: &buffer, at: UInt64(done))
      if count == 0 { throw SyscallError(errno: 5, operation: "read", detail: "\(name) is shorter than it was") }
      let some = Int(min(Int64(count), size - done))
      try buffer.withUnsafeBytes { try tar.write(UnsafeRawBufferPointer(rebasing: $0[..<some])) }
      done += Int64(some)
    }
  }

  /// Writes the end.
  public func finish() throws { try tar.finish() }
}
