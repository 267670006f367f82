import ContainrSystem
import ContainrTestSupport
import Glibc
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("The layer store", .enabled(if: Requirement.isRoot, "the unpacking process needs root"))
struct LayerStoreTests {
  let scratch: ScratchDirectory
  var here: FilePath { FilePath(scratch.path) }
  var store: LayerStore { LayerStore(directory: here.appending("layers")) }
  let program: FilePath

  init() throws {
    scratch = try ScratchDirectory("store")
    program = FilePath(try BuiltPrograms.path("containr-cli"))
  }

  func archive(_ name: String = "layer.tar", _ build: (inout TarBuilder) -> Void) throws -> FilePath {
    var tar = TarBuilder()
    build(&tar)
    let path = here.appending(name)
    try Kernel.replace(path, with: tar.archive)
    return path
  }

  @Test("unpacks an archive in its confined process, once, and answers the same directory ever after")
  func unpackOnce() throws {
    let path = try archive { tar in
      tar.file("bin/tool", "x", mode: 0o4711)
      tar.file("etc/.wh..wh..opq")
      tar.file("etc/.wh.gone")
      tar.add("dev/null", type: "3", mode: 0o666, device: (1, 3))
      tar.add("x", [1], pax: [("path", Array("e\u{301}".utf8)), ("SCHILY.xattr.security.capability", capability)])
      tar.file("bin/tool", "y", mode: 0o4711)
      tar.directory("d/")
      tar.file("d/inner/file")
      tar.symlink("d", to: "bin")
    }
    let info = try store.inspect(path, kind: .archive)
    #expect(try store.unpackedPath(info.digest) == nil)
    let first = try store.prepare(path, digest: info.digest, program: program)
    #expect(try Kernel.text(of: first.pushing("bin/tool")) == "y")
    #expect(try Kernel.status(of: first.pushing("bin/tool")).mode == 0o104711)
    #expect(try Kernel.status(of: first.pushing("etc/gone")).isWhiteout)
    #expect(try Kernel.status(of: first.pushing("dev/null")).mode == 0o020666)
    #expect(try Kernel.status(of: first).mode == 0o040755)
    #expect(try Kernel.readLink(first.pushing("d")) == "bin")
    let inode = try Kernel.status(of: first).inode
    #expect(try store.prepare(path, digest: info.digest, program: "/nonexistent") == first)
    #expect(try Kernel.status(of: first).inode == inode)
    #expect(try store.unpackedPath(info.digest) == first)
    #expect(try store.unpacked() == [info.digest])
    #expect(try Kernel.names(inDirectory: store.directory).filter { $0.hasPrefix(".") } == [])
  }

  @Test("unpacks once when many threads ask at the same time")
  func threads() async throws {
    let path = try archive { tar in for i in 0..<500 { tar.file("d\(i % 7)/f\(i)", "\(i)") } }
    let digest = try store.inspect(path, kind: .archive).digest
    let inodes = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for _ in 0..<8 {
        let (store, program) = (store, program)
        group.addTask { try Kernel.status(of: store.prepare(path, digest: digest, program: program)).inode }
      }
      return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
    }
    #expect(inodes.count == 1)
    #expect(try Kernel.names(inDirectory: store.directory.appending("sha256").appending(digest.hex)).count == 7)
  }

  @Test("uses a directory in place and knows it by device, inode and path")
  func directories() throws {
    let path = FilePath(try scratch.write("<h1>", to: "site/index.html")).removingLastComponent()
    let info = try store.inspect(path, kind: .directory)
    #expect(info.digest.algorithm == .directory)
    #expect(try store.inspect(path, kind: .directory) == info)
    #expect(try store.prepare(path, digest: info.digest, program: program) == path)
    #expect(try !Kernel.exists(store.directory))
    try Kernel.rename(path, to: here.appending("old"))
    try Kernel.makeDirectory(path)
    #expect(try store.inspect(path, kind: .directory).digest != info.digest)
  }

  @Test("says what is wrong with a layer")
  func complaints() throws {
    let file = try archive { _ in }
    #expect(try words { try store.inspect(here.appending("none.tar"), kind: .archive) }.hasSuffix("does not exist"))
    #expect(try words { try store.inspect(file, kind: .directory) }.hasSuffix("is a file, not a directory"))
    #expect(try words { try store.inspect(here, kind: .archive) }.hasSuffix("is a directory, not an archive file"))
    #expect(try words { try store.inspect("/dev/null", kind: .archive) }.contains("neither"))
    try run("mkfifo", [scratch.path + "/fifo"]).succeeding()
    #expect(try words { try store.inspect(here.appending("fifo"), kind: .archive) }.contains("neither"))
  }

  @Test("refuses a hostile or damaged archive and leaves nothing half-made")
  func refusals() throws {
    let hostile = try archive("hostile.tar") { tar in
      tar.file("fine", "f")
      tar.symlink("l", to: "/")
      tar.file("l/containr-was-here", "x")
    }
    let digest = try store.inspect(hostile, kind: .archive).digest
    let said = try words { try store.prepare(hostile, digest: digest, program: program) }
    #expect(said.contains("hostile.tar cannot be unpacked: refused: l leads out of the layer"))
    #expect(try !Kernel.exists("/containr-was-here"))
    let text = FilePath(try scratch.write("no tar at all, but long enough to be one", to: "text.tar"))
    let textDigest = try store.inspect(text, kind: .archive).digest
    #expect(try words { try store.prepare(text, digest: textDigest, program: program) }.contains("not a readable tar"))
    #expect(try words { try store.prepare(hostile, digest: textDigest, program: "/bin/true") }.contains("no report"))
    #expect(try words { try store.prepare(hostile, digest: textDigest, program: "/none") }.contains("posix_spawn"))
    #expect(try store.unpacked() == [])
    try store.prune(keeping: [])
    #expect(try !Kernel.exists(store.directory))
  }

  @Test("refuses an archive that is not the one that was inspected")
  func changed() throws {
    let path = try archive { $0.file("a", "1") }
    let digest = try store.inspect(path, kind: .archive).digest
    _ = try archive { $0.file("a", "2") }
    #expect(
      try words { try store.prepare(path, digest: digest, program: program) }.contains("changed while it was used"))
    #expect(try store.unpackedPath(digest) == nil)
    #expect(try store.inspect(path, kind: .archive).digest != digest)
  }

  @Test("remembers digests of archives until they change")
  func digests() throws {
    let path = try archive { $0.file("a", "1") }
    try run("touch", ["-d", "2020-01-01", path.string]).succeeding()
    // Younger than this it may change within the same time.
    usleep(120_000)
    let info = try store.inspect(path, kind: .archive)
    let entries = try Kernel.names(inDirectory: store.directory.appending("digests"))
    #expect(entries.count == 1)
    // What is remembered is what is answered: proof that the file is not read again.
    let entry = store.directory.appending("digests").appending(entries[0])
    let lie = String(repeating: "ab", count: 32)
    try Kernel.replace(entry, with: Array((try Kernel.text(of: entry).dropLast(64) + lie).utf8))
    #expect(try store.inspect(path, kind: .archive).digest.hex == lie)
    try run("touch", ["-d", "2020-01-02", path.string]).succeeding()
    #expect(try store.inspect(path, kind: .archive) == info)
    // Other bytes in place, as many, and the time put back.
    usleep(120_000)
    try run("sh", ["-c", "printf b | dd of='\(path)' conv=notrunc 2>&1 && touch -d 2020-01-02 '\(path)'"]).succeeding()
    #expect(try store.inspect(path, kind: .archive).digest != info.digest)
  }

  @Test("prunes what nobody needs, and what a killed process left, and itself when it is empty")
  func prune() throws {
    let one = try archive("1.tar") { $0.file("one") }
    let two = try archive("2.tar") { $0.file("two") }
    let digests = try [one, two].map { try store.inspect($0, kind: .archive).digest }
    for (path, digest) in zip([one, two], digests) { _ = try store.prepare(path, digest: digest, program: program) }
    let dead = store.directory.appending(".tmp-" + String(repeating: "0", count: 64))
    try Kernel.makeDirectories(dead.pushing("half/made"))
    try store.prune(keeping: [digests[0]])
    #expect(try store.unpacked() == [digests[0]])
    #expect(try !Kernel.exists(dead))
    try store.prune(keeping: [])
    #expect(try !Kernel.exists(store.directory))
    try store.prune(keeping: [])
  }

  @Test("waits for the child of an engine that was killed, then begins anew")
  func killedEngine() throws {
    let path = try archive { $0.file("a", "1") }
    let digest = try store.inspect(path, kind: .archive).digest
    let temporary = store.directory.appending(".tmp-\(digest.hex)")
    try Kernel.makeDirectories(temporary)
    try Kernel.replace(temporary.appending("rubbish"), with: [1])
    let unpacked = try store.prepare(path, digest: digest, program: program)
    #expect(try Kernel.names(inDirectory: unpacked) == ["a"])
  }

  private func words(_ body: () throws -> Any) throws -> String {
    do {
      _ = try body()
      Issue.record("no error")
      return ""
    } catch let error as LayerError {
      return error.description
    }
  }
}
