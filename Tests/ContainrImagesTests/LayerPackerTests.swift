// Trees back into tars: what an unpacked layer was made of comes out again.
import CContainrLinux
import ContainrImageSpec
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("A tree packed into a layer", .enabled(if: Requirement.isRoot, "owners and devices need root"))
struct LayerPackerTests {
  private func pack(_ root: FilePath, _ form: LayerPacker.Form = .layer) throws -> (bytes: [UInt8], [String]) {
    let directory = try Kernel.open(root, [.readOnly, .directory])
    var bytes: [UInt8] = []
    let report = try LayerPacker.pack(directory.raw, as: form) { bytes += $0 }
    return (bytes, report.omitted)
  }

  private func build(_ tar: inout TarBuilder) {
    tar.directory("etc/", mode: 0o755)
    tar.file("etc/passwd", "root", mode: 0o4751)
    tar.add("etc/owned", Array("x".utf8), uid: 70000, gid: 3)
    tar.hardLink("etc/shadow", to: "etc/passwd")
    tar.symlink("bin", to: "usr/bin")
    tar.add("dev/null", type: "3", mode: 0o666, device: (1, 3))
    tar.add("pipe", type: "6", mode: 0o600)
    tar.file("gone/.wh.file")
    tar.directory("opaque/")
    tar.file("opaque/.wh..wh..opq")
    tar.add("long", Array("deep".utf8), pax: [("path", Array((String(repeating: "long/", count: 60) + "name").utf8))])
    tar.add(
      "a", Array("capable".utf8),
      pax: [("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.k", [1, 0, 2])])
    tar.add("b", [7], pax: [("mtime", Array("1500000000.123456789".utf8)), ("path", [0x62, 0xff, 0x62])])
  }

  @Test("holds what the layer held that it was unpacked from, and twice the same bytes")
  func roundTrip() throws {
    let first = try Unpacked { build(&$0) }
    let (bytes, omitted) = try pack(first.root)
    #expect(omitted == [])
    #expect(try pack(first.root).bytes == bytes)
    let second = try Unpacked(bytes)
    #expect(try pack(second.root).bytes == bytes)
    #expect(try second.status("etc/shadow").inode == second.status("etc/passwd").inode)
    #expect(try second.status("etc/passwd").mode == 0o104751 && second.status("etc/owned").uid == 70000)
    #expect(try second.status("gone/file").isWhiteout && second.exists("gone/.wh.file") == false)
    #expect(try second.attribute("trusted.overlay.opaque", of: "opaque") == [0x79])
    #expect(try second.attribute("security.capability", of: "a") == capability)
    #expect(try second.attribute("user.k", of: "a") == [1, 0, 2])
    #expect(try second.status("dev/null").deviceMinor == 3 && second.status("pipe").mode == 0o010600)
    #expect(try ContentDigest.tree(first.root) == ContentDigest.tree(second.root))
  }

  @Test("keeps holes as holes")
  func sparse() throws {
    let unpacked = try Unpacked { $0.file("f", "x") }
    let file = try Kernel.open(unpacked.root.appending("f"), [.readWrite])
    _ = cl_ftruncate(file.raw, 64 << 20)
    #expect(cl_pwrite(file.raw, "end", 3, 32 << 20) == 3)
    let (bytes, _) = try pack(unpacked.root)
    #expect(bytes.count < 1 << 20)
    let again = try Unpacked(bytes)
    let copy = again.root.appending("f")
    #expect(try Kernel.status(of: copy).size == 64 << 20)
    #expect(try ContentDigest.file(copy) == ContentDigest.file(unpacked.root.appending("f")))
    let opened = try Kernel.open(copy)
    #expect(cl_lseek(opened.raw, 1 << 20, 3) > 16 << 20)  // SEEK_DATA finds no data in the first hole
  }

  @Test("leaves sockets out and says so, and refuses what overlayfs has moved")
  func others() throws {
    let unpacked = try Unpacked { $0.directory("d/") }
    let socket = try UnixSocket.listen(at: unpacked.root.appending("s"))
    #expect(try pack(unpacked.root).1 == ["sockets, which no tar can hold"])
    _ = consume socket
    let directory = try Kernel.open(unpacked.root.appending("d"), [.readOnly, .directory])
    #expect(cl_fsetxattr(directory.raw, "trusted.overlay.redirect", "x", 1, 0) == 0)
    #expect { try pack(unpacked.root) } throws: { "\($0)".contains("moved by overlayfs") }
  }

  @Test("is read by tar(1) as it was written")
  func tar() throws {
    let unpacked = try Unpacked { build(&$0) }
    let file = unpacked.root.removingLastComponent().appending("out.tar")
    try Kernel.replace(file, with: try pack(unpacked.root).bytes)
    let list = try run("tar", ["-tvf", file.string]).succeeding().output
    #expect(list.contains("etc/shadow link to etc/passwd") && list.contains("gone/.wh.file"))
  }
}
