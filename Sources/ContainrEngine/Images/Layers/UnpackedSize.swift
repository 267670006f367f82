// How large an archive will be, from its first and last bytes: read whole, it would take as long as unpacking it.
internal import ContainrSystem
public import SystemPackage

/// Estimates.
public enum UnpackedSize {
  /// Layers of real images shrink to a third or more; one that says nothing of its size is taken for such.
  private static let usualRatio: UInt64 = 3

  /// Bytes that the archive holds: exact for a plain tar, what it says of itself for gzip and zstd, else a guess. Never
  /// less than its own size.
  public static func estimate(_ path: FilePath) throws(LayerError) -> UInt64 {
    do {
      let file = try Kernel.open(path, [.readOnly, .nonBlocking])
      let size = try Kernel.status(at: file.raw).size
      var head = [UInt8](repeating: 0, count: 18)
      head.removeLast(18 - (try Kernel.read(file.raw, into: &head)))
      var tail = [UInt8](repeating: 0, count: 4)
      if size >= 18 { tail.removeLast(4 - (try Kernel.read(file.raw, into: &tail, at: size - 4))) }
      return estimate(size: size, head: head, tail: tail)
    } catch {
      throw .unreadable(path, error)
    }
  }

  /// The same from its size, first 18 and last 4 bytes. Pure.
  static func estimate(size: UInt64, head: [UInt8], tail: [UInt8]) -> UInt64 {
    let guess = size.multipliedReportingOverflow(by: usualRatio).partialValue
    if head.starts(with: [0x1f, 0x8b]) {
      // RFC 1952: the last four bytes are the size modulo 2^32, which says nothing of a large one.
      let said = number(tail)
      return size < 1 << 30 && said >= size ? said : guess
    }
    if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return max(size, zstd(head) ?? guess) }
    if head.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return guess }
    return size
  }

  /// RFC 8878, 3.1.1.1: Frame_Content_Size, if the frame has it.
  private static func zstd(_ head: [UInt8]) -> UInt64? {
    guard head.count >= 6 else { return nil }
    let descriptor = head[4]
    let isSingle = descriptor & 0x20 != 0
    let window = isSingle ? 0 : 1
    let dictionary = [0, 1, 2, 4][Int(descriptor & 3)]
    let length = [isSingle ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
    let start = 5 + window + dictionary
    if length == 0 || head.count < start + length { return nil }
    let value = number(Array(head[start..<start + length]))
    return length == 2 ? value + 256 : value
  }

  private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
