// How large an archive says it is.
import Foundation
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("Estimates of archives")
struct UnpackedSizeTests {
  private func le(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(value >> (8 * UInt64($0)) & 255) }
  }

  @Test("a plain tar is as large as it is; gzip and zstd are believed; the rest is a guess")
  func estimates() {
    func estimate(_ size: UInt64, _ head: [UInt8], _ tail: [UInt8] = [0, 0, 0, 0]) -> UInt64 {
      UnpackedSize.estimate(size: size, head: head + [UInt8](repeating: 0, count: 18 - head.count), tail: tail)
    }
    #expect(estimate(5000, Array("./".utf8)) == 5000)
    #expect(estimate(5000, [0x1f, 0x8b, 8], le(70_000, 4)) == 70_000)
    // A size modulo 2^32 that is less than the archive itself, or of an archive that may hold more, says nothing.
    #expect(estimate(5000, [0x1f, 0x8b, 8], le(10, 4)) == 15_000)
    #expect(estimate(2 << 30, [0x1f, 0x8b, 8], le(UInt64(UInt32.max), 4)) == 6 << 30)
    let zstd: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    #expect(estimate(5000, zstd + [0xa0] + le(90_000, 4)) == 90_000, "single segment, four bytes")
    #expect(estimate(5000, zstd + [0x40, 0x58] + le(60_000, 2)) == 60_256, "two bytes, 256 more")
    #expect(estimate(5000, zstd + [0x00, 0x58]) == 15_000, "no size")
    #expect(estimate(5000, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) == 15_000)
    #expect(estimate(5000, zstd + [0xe0] + le(10, 8)) == 5000, "never less than itself")
  }

  @Test("a real archive is found out from its ends")
  func real() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let plain = directory.appendingPathComponent("a.tar")
    try Data(repeating: 7, count: 300_000).write(to: plain)
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-k", plain.path]
    try gzip.run()
    gzip.waitUntilExit()
    #expect(try UnpackedSize.estimate(FilePath(plain.path)) == 300_000)
    #expect(try UnpackedSize.estimate(FilePath(plain.path + ".gz")) == 300_000)
    #expect(throws: LayerError.self) { try UnpackedSize.estimate(FilePath(plain.path + ".none")) }
  }
}
