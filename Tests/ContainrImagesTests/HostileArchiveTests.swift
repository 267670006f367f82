import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("A hostile archive is refused", .enabled(if: Requirement.isRoot, "owners and devices need root"))
struct HostileArchiveTests {
  @Test("when a name climbs out", arguments: ["../x", "a/../../x", "a/..", "..", "./../x"])
  func parents(_ name: String) throws {
    #expect(try refusal { $0.file(name, "x") }.contains("`..`"))
  }

  @Test("or kept inside when a name is absolute")
  func absolute() throws {
    let unpacked = try Unpacked { tar in
      tar.directory("/", mode: 0o711)
      tar.file("/containr-was-here", "x")
      tar.file("//etc/.wh.passwd")
    }
    #expect(try unpacked.text("containr-was-here") == "x" && unpacked.status("").mode == 0o040711)
    #expect(try unpacked.status("etc/passwd").isWhiteout && !Kernel.exists("/containr-was-here"))
    #expect(try refusal { $0.file("/../x", "x") }.contains("`..`"))
  }

  @Test(
    "when an entry goes through a symbolic link that leads out", arguments: ["/", "/etc", "..", "../..", "a/../../.."])
  func symlinkEscape(_ target: String) throws {
    let words = try refusal { tar in
      tar.directory("a/")
      tar.symlink("link", to: target)
      tar.file("link/containr-was-here", "x")
    }
    #expect(words.contains("out of the layer through a symbolic link"))
  }

  @Test("when a symbolic link leads nowhere or in circles and an entry lies below it")
  func danglingLinks() throws {
    #expect(
      try refusal {
        $0.symlink("l", to: "none"); $0.file("l/x")
      }.contains("leads nowhere"))
    #expect(
      try refusal {
        $0.symlink("l", to: "l"); $0.file("l/x")
      }.contains("too many symbolic links"))
    #expect(
      try refusal {
        $0.file("f"); $0.file("f/x")
      }.contains("not a directory"))
  }

  @Test(
    "when a hard link leads out or to nothing", arguments: ["../../etc/passwd", "/etc/passwd", "missing", "a/..", "."])
  func hardLinkEscape(_ target: String) throws {
    #expect(try refusal { $0.hardLink("h", to: target) }.hasPrefix("refused: "))
  }

  @Test("when a hard link goes through a symbolic link that leads out")
  func hardLinkThroughSymlink() throws {
    #expect(
      try refusal {
        $0.symlink("l", to: "/etc"); $0.hardLink("h", to: "l/passwd")
      }.contains("out of the layer"))
    #expect(
      try refusal {
        $0.file("h"); $0.hardLink("h", to: "h")
      }.contains("leads to itself"))
  }

  @Test("when a whiteout hides what is no name", arguments: [".wh.", ".wh..", ".wh...", "a/.wh...", ".wh.a/b"])
  func whiteouts(_ name: String) throws {
    #expect(try refusal { $0.file(name) }.contains("whiteout"))
  }

  @Test("when a whiteout goes through a symbolic link that leads out", arguments: ["l/.wh.passwd", "l/.wh..wh..opq"])
  func whiteoutEscape(_ name: String) throws {
    #expect(
      try refusal {
        $0.symlink("l", to: "/etc"); $0.file(name)
      }.contains("out of the layer"))
  }

  @Test(
    "when it steers overlayfs by attributes",
    arguments: ["trusted.overlay.redirect", "user.overlay.opaque", "system.x"])
  func attributes(_ name: String) throws {
    #expect(try refusal { $0.add("d", type: "5", pax: [("SCHILY.xattr." + name, [121])]) }.contains(name))
  }

  @Test("when an owner's number fits no user", arguments: ["4294967295", "4294967296", "-1", "18446744073709551616"])
  func owners(_ number: String) throws {
    #expect(try refusal { $0.add("f", pax: [("uid", Array(number.utf8))]) } != "")
  }

  @Test("when it holds too much")
  func bombs() throws {
    var limits = UnpackLimits()
    limits.entries = 10
    #expect(try refusal(limits: limits) { for i in 0...10 { $0.file("f\(i)") } }.contains("more than 10 entries"))
    limits = UnpackLimits()
    limits.totalBytes = 1000
    #expect(
      try refusal(limits: limits) { $0.add("f", [UInt8](repeating: 1, count: 1001)) }.contains("more than 1000 bytes"))
    limits = UnpackLimits()
    limits.fileBytes = 1000
    #expect(try refusal(limits: limits) { $0.add("f", [UInt8](repeating: 1, count: 1001)) }.contains("limit of 1000"))
  }

  @Test("when it grows out of all proportion", arguments: [TarBuilder.Compression.gzip, .zstd, .xz])
  func ratio(_ how: TarBuilder.Compression) throws {
    var limits = UnpackLimits()
    limits.ratioFloor = 1 << 20
    var tar = TarBuilder()
    tar.add("zeros", [UInt8](repeating: 0, count: 4 << 20))
    #expect(try refusal(of: tar.compressed(how), limits: limits).contains("decompression bomb"))
  }

  @Test("when it is cut short, damaged or no tar at all")
  func damaged() throws {
    var tar = TarBuilder()
    tar.add("f", [UInt8](repeating: 7, count: 100_000))
    #expect(try refusal(of: Array(tar.archive.prefix(5000))).contains("not a readable tar"))
    let zipped = tar.compressed(.gzip)
    #expect(try refusal(of: Array(zipped.prefix(zipped.count / 2))).contains("not a readable tar"))
    #expect(try refusal(of: Array("this is a text, not an archive".utf8)).contains("not a readable tar"))
    #expect(try refusal(of: [UInt8](repeating: 0x41, count: 4096)).contains("not a readable tar"))
  }
}
