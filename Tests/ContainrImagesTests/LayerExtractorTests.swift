import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("A layer's archive is unpacked", .enabled(if: Requirement.isRoot, "owners and devices need root"))
struct LayerExtractorTests {
  /// Marks of every kind, and names that come after theirs.
  private static func addMarks(_ tar: inout TarBuilder) {
    tar.file("dir/.wh.gone")
    tar.file("opaque/.wh..wh..opq")
    tar.file("opaque/new", "n")
    tar.directory("both/")
    tar.file("both/mine", "m")
    tar.file(".wh.both")
    tar.file(".wh.late")
    tar.directory("late/")
    tar.file(".wh.replaced")
    tar.file("replaced", "r")
  }

  @Test("with files, owners, modes and times as it says")
  func files() throws {
    let layer = try Unpacked { tar in
      tar.directory("./", mode: 0o711)
      tar.add("bin/", type: "5", mode: 0o555, mtime: 500)
      tar.add("bin/tool", Array("hello".utf8), mode: 0o4755, uid: 7, gid: 8, mtime: 1234)
      tar.file("./bin//other", "x")
      tar.file("made/parents/file", "y")
    }
    #expect(try layer.text("bin/tool") == "hello")
    let tool = try layer.status("bin/tool")
    #expect(tool.mode == 0o104755 && tool.uid == 7 && tool.gid == 8)
    let fd = try Kernel.open(layer.root.appending("bin"))
    #expect(try Kernel.modificationTime(fd.raw).seconds == 500)
    #expect(try layer.status("bin").mode == 0o040555)
    #expect(try layer.status("").mode == 0o040711)
    #expect(try layer.text("made/parents/file") == "y")
    #expect(layer.report.entries == 5)
    #expect(layer.report.bytes == 7)
  }

  @Test("from gzip, zstd, xz and plain tars alike", arguments: [TarBuilder.Compression.none, .gzip, .zstd, .xz])
  func compressions(_ how: TarBuilder.Compression) throws {
    var tar = TarBuilder()
    tar.file("a", String(repeating: "text ", count: 50_000))
    let bytes = tar.compressed(how)
    let layer = try Unpacked(bytes)
    #expect(try layer.text("a").utf8.count == 250_000)
    var hash = SHA256()
    hash.add(bytes)
    #expect(layer.report.digest == hash.finish())
  }

  @Test("with symbolic links, hard links, fifos and devices")
  func otherTypes() throws {
    let layer = try Unpacked { tar in
      tar.file("target", "t")
      tar.symlink("absolute", to: "/etc/passwd")
      tar.symlink("outside", to: "../../../etc/passwd")
      tar.hardLink("hard", to: "./target")
      tar.hardLink("rooted", to: "/target")
      tar.hardLink("hard-to-link", to: "absolute")
      tar.add("fifo", type: "6", mode: 0o600)
      tar.add("null", type: "3", mode: 0o644, device: (1, 3))
      tar.add("disk", type: "4", mode: 0o660, gid: 6, device: (8, 0))
    }
    #expect(try Kernel.readLink(layer.root.appending("absolute")) == "/etc/passwd")
    #expect(try Kernel.readLink(layer.root.appending("outside")) == "../../../etc/passwd")
    #expect(try layer.status("hard").inode == layer.status("target").inode)
    #expect(try layer.status("target").links == 3)
    #expect(try layer.status("hard-to-link").isSymbolicLink)
    #expect(try layer.status("fifo").mode == 0o010600)
    let null = try layer.status("null")
    #expect(null.mode == 0o020644 && null.deviceMajor == 1 && null.deviceMinor == 3)
    #expect(try layer.status("disk").isBlockDevice)
  }

  @Test("with whiteouts as overlayfs wants them")
  func whiteouts() throws {
    let layer = try Unpacked { tar in
      Self.addMarks(&tar)
      tar.file(".wh.top")
      tar.file(".wh..wh.orph")
    }
    #expect(try layer.status("dir/gone").isWhiteout)
    #expect(try layer.status("top").isWhiteout)
    #expect(try layer.attribute("trusted.overlay.opaque", of: "opaque") == [UInt8(ascii: "y")])
    #expect(try layer.text("opaque/new") == "n")
    #expect(try layer.attribute("trusted.overlay.opaque", of: "both") == [UInt8(ascii: "y")])
    #expect(try layer.text("both/mine") == "m")
    #expect(try layer.attribute("trusted.overlay.opaque", of: "late") == [UInt8(ascii: "y")])
    #expect(try layer.text("replaced") == "r")
    #expect(layer.report.omitted == ["entries named .wh..wh.*"])
  }

  @Test("with whiteouts as files where the kernel cannot make them, never one beside the name that it hides")
  func marks() throws {
    let layer = try Unpacked(marksAreFiles: true) { tar in
      Self.addMarks(&tar)
      tar.file("own", "o")
      tar.file(".wh.own")
      tar.file(".wh.implied")
      tar.file("implied/inner", "i")
    }
    for name in [
      "dir/.wh.gone", "opaque/.wh..wh..opq", "both/.wh..wh..opq", "late/.wh..wh..opq", "implied/.wh..wh..opq",
    ] {
      let mark = try layer.status(name)
      #expect(mark.isRegular && mark.size == 0, "\(name)")
    }
    for name in ["dir/gone", ".wh.both", ".wh.own", ".wh.late", ".wh.implied", ".wh.replaced"] {
      #expect(try !layer.exists(name), "\(name)")
    }
    #expect(
      try layer.text("both/mine") + layer.text("own") + layer.text("implied/inner") + layer.text("replaced") == "moir")
    #expect(try layer.attribute("trusted.overlay.opaque", of: "opaque") == nil)
  }

  @Test("with attributes, file capabilities and the labels of other machines left out")
  func attributes() throws {
    // CAP_NET_BIND_SERVICE, version 2.
    let layer = try Unpacked { tar in
      tar.add(
        "ping", [1], mode: 0o755, uid: 5,
        pax: [
          ("SCHILY.xattr.security.capability", capability), ("SCHILY.xattr.user.note", Array("hi".utf8)),
          ("SCHILY.xattr.user.empty", []), ("SCHILY.xattr.security.selinux", Array("label".utf8)),
        ])
    }
    #expect(try layer.attribute("security.capability", of: "ping") == capability)
    #expect(try layer.attribute("user.note", of: "ping") == Array("hi".utf8))
    #expect(try layer.attribute("user.empty", of: "ping") == [])
    #expect(layer.report.omitted == ["attributes security.* other than security.capability"])
  }

  @Test("with long names, names that are not UTF-8 and names that Unicode could normalise, byte for byte")
  func names() throws {
    let long = String(repeating: "d/", count: 60) + String(repeating: "n", count: 255)
    let decomposed = "e\u{301}te\u{301}"
    let layer = try Unpacked { tar in
      tar.add("x", Array("long".utf8), pax: [("path", Array(long.utf8))])
      tar.add("x", Array("nfd".utf8), pax: [("path", Array(decomposed.utf8))])
      tar.add("x", Array("latin1".utf8), pax: [("path", [0x63, 0xe9])])
      tar.add("x", type: "2", link: "x", pax: [("path", [0x6c, 0xe9]), ("linkpath", Array(decomposed.utf8))])
      tar.file("caf\u{e9}", "utf8")
    }
    #expect(try Kernel.text(of: layer.root.pushing(FilePath(long))) == "long")
    let directory = try Kernel.open(layer.root)
    let names = try Kernel.entries(in: directory.raw).map { $0.withPlatformString { bytes($0) } }
    #expect(names.contains([0x63, 0xe9]))
    #expect(names.contains([0x6c, 0xe9]))
    #expect(names.contains(Array(decomposed.utf8)))
    #expect(names.contains(Array("caf\u{e9}".utf8)))
  }

  @Test("with sparse files that stay sparse")
  func sparse() throws {
    let scratch = try ScratchDirectory("sparse")
    let image = scratch.path + "/image"
    try run("truncate", ["-s", "64M", image]).succeeding()
    try run("dd", ["if=/dev/urandom", "of=\(image)", "bs=4096", "count=1", "seek=100", "conv=notrunc"]).succeeding()
    try run("tar", ["-C", scratch.path, "--sparse", "--format=pax", "-cf", scratch.path + "/s.tar", "image"])
      .succeeding()
    let layer = try Unpacked(try Kernel.contents(of: FilePath(scratch.path + "/s.tar")))
    #expect(try layer.status("image").size == 64 << 20)
    #expect(layer.report.bytes < 1 << 20)
    try run("cmp", [image, layer.root.appending("image").string]).succeeding()
    let blocks = try run("stat", ["-c", "%b", layer.root.appending("image").string]).succeeding().output
    #expect(Int(blocks.dropLast())! < 2048)
  }

  @Test("so that a later entry replaces an earlier one of any type")
  func replacement() throws {
    let layer = try Unpacked { tar in
      tar.directory("a/")
      tar.file("a/inner", "i")
      tar.symlink("a", to: "elsewhere")
      tar.file("b", "old")
      tar.hardLink("c", to: "b")
      tar.file("b", "new")
      tar.symlink("d", to: "a")
      tar.directory("d/")
      tar.directory("e/", mode: 0o700)
      tar.directory("e/", mode: 0o755)
    }
    #expect(try layer.status("a").isSymbolicLink)
    #expect(try layer.text("b") == "new")
    #expect(try layer.text("c") == "old")
    #expect(try layer.status("d").isDirectory)
    #expect(try layer.status("e").mode == 0o040755)
  }

  @Test("also through a symbolic link that stays inside")
  func innerLinks() throws {
    let layer = try Unpacked { tar in
      tar.directory("usr/lib/")
      tar.symlink("lib", to: "usr/lib")
      tar.file("lib/file", "f")
    }
    #expect(try layer.text("usr/lib/file") == "f")
  }

  @Test("to nothing when it is empty")
  func empty() throws {
    let layer = try Unpacked { _ in }
    #expect(layer.report.entries == 0)
    #expect(try Kernel.names(inDirectory: layer.root).isEmpty)
  }
}

private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
  var all: [UInt8] = []
  while text[all.count] != 0 { all.append(UInt8(bitPattern: text[all.count])) }
  return all
}
