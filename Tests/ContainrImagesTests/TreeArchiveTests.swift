import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("Directories as archives, for volumes", .enabled(if: Requirement.isRoot, "owners and nodes need root"))
struct TreeArchiveTests {
  /// A directory with everything that a volume may hold.
  private func fill(_ place: String) throws {
    try run(
      "sh",
      [
        "-c",
        """
        set -e; cd "$0"; mkdir -p sub/deep empty; echo text > file; chmod 4751 file; chown 12:34 file; ln file sub/hard
        ln -s ../file sub/link; ln -s gone dangling; truncate -s 3M hole; printf end >> hole; mkfifo pipe; mknod null c 1 3
        printf x > "$(printf 'latin-\\351')"; echo plain > .wh.file; touch -d @1000000000.123456789 sub/deep; chmod 1770 empty
        setfattr -n user.note -v hello file 2>/dev/null || python3 -c 'import os; os.setxattr("file", "user.note", b"hello")'
        printf '%0300d' 0 | head -c 255 > /dev/null; n=$(printf 'n%.0s' $(seq 1 200)); mkdir -p "$n/$n"; echo long > "$n/$n/f"
        """, place,
      ]
    ).succeeding()
  }

  private func archive(_ directory: String, to path: String) throws -> [String] {
    let source = try Kernel.open(FilePath(directory), [.readOnly, .directory])
    let file = try Kernel.open(FilePath(path), [.readWrite, .create, .truncate], mode: 0o600)
    return try TreeArchive.write(source.raw, to: file.raw)
  }

  private func unpack(_ path: String, into directory: String) throws -> UnpackReport {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = try Kernel.open(FilePath(path))
    let target = try Kernel.open(FilePath(directory), [.readOnly, .directory])
    return try LayerUnpacker.unpack(archive: file.raw, isVolume: true, into: target.raw, limits: UnpackLimits())
  }

  /// What stat and the contents say of a tree, a line a name.
  private func listing(_ directory: String) throws -> String {
    try run(
      "sh",
      [
        "-c",
        """
        cd "$0"; find . | LC_ALL=C sort | while IFS= read -r f; do
        stat -c '%n %A %u:%g %h %t:%T %N %y' "$f" | sed 's/\\(^\\.\\/pipe .*\\|.*\\)$/\\1/'; [ -f "$f" ] && sha256sum < "$f"; done
        """, directory,
      ]
    ).succeeding().output
  }

  @Test("what goes out comes back: modes, owners, times, links, nodes, holes, attributes, any name; and the same twice")
  func roundTrip() throws {
    let place = try ScratchDirectory("tree")
    let (one, two) = (place.path + "/one", place.path + "/two")
    try FileManager.default.createDirectory(atPath: one, withIntermediateDirectories: true)
    try fill(one)
    #expect(try archive(one, to: place.path + "/a.tar").isEmpty)
    let report = try unpack(place.path + "/a.tar", into: two)
    #expect(report.failure == nil && report.omitted.isEmpty)
    let before = try listing(one)
    #expect(try listing(two) == before)
    #expect(before.contains("./file ") && before.contains(" 12:34 2 "), "\(before)")
    let value = try run(
      "python3", ["-c", "import os,sys; print(os.getxattr(sys.argv[1], 'user.note').decode())", two + "/file"])
    #expect(value.output == "hello\n")
    let blocks = try run("stat", ["-c", "%b", two + "/hole"]).succeeding().output
    #expect(Int(blocks.trimmingCharacters(in: .newlines)) ?? 9999 < 1000, "a hole stays one: \(blocks)")
    #expect(try archive(two, to: place.path + "/b.tar").isEmpty)
    #expect(try run("cmp", [place.path + "/a.tar", place.path + "/b.tar"]).code == 0, "the same bytes")
    #expect(try run("tar", ["-tf", place.path + "/a.tar"]).succeeding().output.contains("./\n"), "others read it")
  }

  @Test("sockets and what is mounted are left out and named; nothing is read through a link")
  func leftOut() throws {
    let place = try ScratchDirectory("tree")
    let one = place.path + "/one"
    try run(
      "sh",
      [
        "-c",
        """
        mkdir -p "$0/one"; cd "$0/one"; ln -s /etc etc
        python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("sock")'
        """, place.path,
      ]
    ).succeeding()
    #expect(try archive(one, to: place.path + "/a.tar") == ["sockets, which no tar can hold"])
    #expect(try run("tar", ["-tf", place.path + "/a.tar"]).succeeding().output == "./\netc\n")
  }

  @Test(
    "a hostile archive writes nothing outside",
    arguments: ["../out", "a/../../out"])
  func hostile(name: String) throws {
    let place = try ScratchDirectory("tree")
    try run(
      "python3",
      [
        "-c",
        """
        import tarfile, io, sys
        t = tarfile.open(sys.argv[1], 'w'); i = tarfile.TarInfo(sys.argv[2]); i.size = 1; t.addfile(i, io.BytesIO(b'x')); t.close()
        """, place.path + "/bad.tar", name,
      ]
    ).succeeding()
    #expect(throws: UnpackError.self) { try unpack(place.path + "/bad.tar", into: place.path + "/v") }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/v").isEmpty)
    #expect(!FileManager.default.fileExists(atPath: place.path + "/out"))
  }
}
