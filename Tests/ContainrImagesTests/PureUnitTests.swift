import ContainrSystem
import ContainrTestSupport
import Glibc
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("Names, digests and reports of layers")
struct PureUnitTests {
  @Test("A digest is 64 lower-case hexadecimal digits or nothing")
  func digests() {
    let hex = String(repeating: "0a", count: 32)
    #expect(LayerDigest("sha256:" + hex)?.description == "sha256:" + hex)
    #expect(LayerDigest("directory:" + hex)?.algorithm == .directory)
    for bad in [
      "", hex, "sha256:", "sha256:" + hex.uppercased(), "sha256:../" + hex.dropLast(3), "md5:" + hex,
      "sha256:" + hex + "0",
    ] {
      #expect(LayerDigest(bad) == nil, "\(bad)")
    }
  }

  @Test("SHA-256 is that of FIPS 180-4")
  func sha256() {
    var hash = SHA256()
    hash.add(Array("abc".utf8))
    #expect(hash.finish() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(hash.finish() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("Targets of links that are no text are told apart, each byte of them")
  func linkTargets() throws {
    var digests: Set<String> = []
    for byte in [0xFE, 0xFF] as [UInt8] {
      let scratch = try ScratchDirectory("tree")
      #expect(
        [byte, 0].withUnsafeBufferPointer { bytes in
          bytes.withMemoryRebound(to: CChar.self) { symlink($0.baseAddress!, scratch.path + "/link") }
        } == 0)
      digests.insert(try ContentDigest.tree(FilePath(scratch.path)))
      #expect(try Kernel.linkTarget(FilePath(scratch.path + "/link")) == [byte])
    }
    #expect(digests.count == 2)
  }

  @Test("A name is split into parent and name, dots and slashes folded")
  func names() throws {
    #expect(try EntryName.read(Array("./".utf8)) == .root)
    #expect(try EntryName.read(Array("a//b/./c/".utf8)) == .plain(EntryPath(parent: "a/b", name: "c")))
    #expect(try EntryName.read(Array("a/.wh.b".utf8)) == .whiteout(EntryPath(parent: "a", name: "b")))
    #expect(try EntryName.read(Array(".wh..wh..opq".utf8)) == .opaque(directory: ""))
    #expect(throws: UnpackError.self) { try EntryName.read([]) }
    #expect(throws: UnpackError.self) { try EntryName.read([UInt8](repeating: 97, count: 256)) }
    #expect(try EntryName.read(Array("//a".utf8)) == .plain(EntryPath(parent: "", name: "a")))
  }

  @Test("A report survives its text, and half a report is none")
  func reports() {
    var report = UnpackReport()
    report.entries = 3
    report.bytes = 9
    report.omitted = ["a b", "c"]
    report.digest = "00"
    #expect(UnpackReport(report.text) == report)
    #expect(UnpackReport(String(report.text.dropLast())) == nil)
    #expect(UnpackReport("") == nil)
    #expect(UnpackReport("entries 3\n") == nil)
    report = UnpackReport()
    report.failure = "two\nlines"
    #expect(UnpackReport(report.text)?.failure == "two lines")
  }

  @Test("The seccomp filter kills foreign architectures, allows what is listed and refuses the rest")
  func filter() {
    let program = UnpackSandbox.program(allowing: [0, 1], architecture: 0xc000_003e)
    #expect(program.map(\.value) == [4, 0xc000_003e, 0x8000_0000, 0, 0, 0x7fff_0000, 1, 0x7fff_0000, 0x0005_0001])
    #expect(MemoryLayout<UnpackSandbox.Instruction>.stride == 8)
  }

  @Test("A name of an archive is safe to print")
  func quoting() {
    #expect(UnpackError.quoted([0x1b, 0x5b, 0x41, 0x0a]) == #""\u{1B}[A\n""#)
    #expect(UnpackError.quoted([UInt8](repeating: 97, count: 300)).count == 203)
  }
}
