import ContainrSystem
import ContainrTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import ContainrVolumes

@Suite("The volume store")
struct VolumeStoreTests {
  let scratch: ScratchDirectory
  var store: VolumeStore { VolumeStore(directory: FilePath(scratch.path).appending("volumes")) }

  init() throws { scratch = try ScratchDirectory("volumes") }

  @Test("makes a volume once and keeps what is in it")
  func create() throws {
    let data = try store.create("shop_db")
    try Kernel.replace(data.appending("file"), with: [1])
    #expect(try store.create("shop_db") == data)
    #expect(try Kernel.exists(data.appending("file")))
    #expect(try store.path("shop_db") == data)
    #expect(try store.exists("shop_db"))
    #expect(try !store.exists("other"))
    #expect(try store.list() == ["shop_db"])
    #expect(try Kernel.status(of: store.directory).mode & 0o777 == 0o701)
    #expect(try Kernel.status(of: store.directory.appending("shop_db")).mode & 0o777 == 0o701)
    #expect(try Kernel.status(of: data).mode & 0o777 == 0o755)
  }

  @Test("refuses names that are no names", arguments: ["", ".", "..", "a/b", "-x", ".gone-a", "a b", "ä", "a\u{0}b"])
  func names(_ name: String) {
    #expect(throws: VolumeError.self) { try store.create(name) }
    #expect(throws: VolumeError.self) { try store.path(name) }
    #expect(throws: VolumeError.self) { try store.remove(name) }
  }

  @Test("removes a volume with everything in it, but nothing that its symlinks lead to")
  func remove() throws {
    let precious = try scratch.write("keep me", to: "precious/file")
    let data = try store.create("v")
    try Kernel.makeSymlink(data.appending("link"), to: FilePath(precious).removingLastComponent().string)
    try Kernel.makeDirectories(data.pushing("a/b/c/d"))
    try Kernel.replace(data.pushing("a/b/c/d/file"), with: [1])
    try run("touch", [data.string + "/-n", data.string + "/\u{1}"]).succeeding()
    try store.remove("v")
    #expect(try !Kernel.exists(store.directory))
    #expect(try Kernel.exists(FilePath(precious)))
    try store.remove("v")
    #expect(try store.list() == [])
  }

  @Test("removes a tree that is deeper than any path may be long")
  func deep() throws {
    let data = try store.create("deep")
    var here = SharedFD(try Kernel.open(data, [.readOnly, .directory]))
    for _ in 0..<500 {
      try Kernel.makeDirectory("dddddddddd", at: here.raw)
      try Kernel.makeDirectory("leaf", at: here.raw)
      here = SharedFD(try Kernel.open("dddddddddd", at: here.raw, [.readOnly, .directory]))
    }
    try store.remove("deep")
    #expect(try store.list() == [])
  }

  @Test("finishes a removal that was killed")
  func killed() throws {
    let data = try store.create("v")
    try Kernel.makeDirectories(data.pushing("a/b"))
    try Kernel.makeDirectories(store.directory.pushing(".gone-v/.containr-removing-0/x"))
    try Kernel.makeDirectories(store.directory.pushing(".gone-v/y/z/w"))
    try store.remove("v")
    #expect(try !Kernel.exists(store.directory))
  }

  @Test("brings data back that a killed replacement has left aside, and makes no empty volume of it")
  func killedReplacement() throws {
    let data = try store.create("v")
    try Kernel.replace(data.appending("precious"), with: Array("x".utf8))
    try Kernel.rename(data, to: data.removingLastComponent().appending(".replaced"))
    #expect(try store.create("v") == data)
    #expect(try Kernel.text(of: data.appending("precious")) == "x")
    try Kernel.rename(data, to: data.removingLastComponent().appending(".replaced"))
    try store.replace("v") { _ in false }
    #expect(try Kernel.text(of: data.appending("precious")) == "x")
  }

  @Test("a replacement is one step: whoever looks meanwhile always finds the data, and who has the old one keeps it")
  func replacement() throws {
    let data = try store.create("v")
    try Kernel.replace(data.appending("number"), with: Array("0".utf8))
    let state = Mutex((isOver: false, missing: 0, looks: 0))
    try WorkerThread.start {
      while !state.withLock({ $0.isOver }) {
        let isThere = (try? Kernel.exists(data.appending("number"))) == true
        state.withLock { $0 = ($0.isOver, $0.missing + (isThere ? 0 : 1), $0.looks + 1) }
      }
    }
    var number = 0
    // At least twenty, and as many as it takes until there were looks enough among them.
    let deadline = Kernel.monotonicTime() + 60_000_000_000
    while number < 20 || (state.withLock { $0.looks } <= 100 && Kernel.monotonicTime() < deadline) {
      number += 1
      try store.replace("v") { [number] fresh in
        (try? Kernel.replace(FilePath("/proc/self/fd/\(fresh)/number"), with: Array("\(number)".utf8))) != nil
      }
    }
    let end = state.withLock { state in
      state.isOver = true
      return state
    }
    #expect(end.missing == 0 && end.looks > 100, "\(end)")
    #expect(try Kernel.text(of: data.appending("number")) == "\(number)")
    #expect(try Kernel.names(inDirectory: data.removingLastComponent()) == ["_data"], "nothing is left beside it")
  }

  @Test("does not take a symlink for a volume")
  func symlinks() throws {
    try Kernel.makeDirectories(store.directory)
    try Kernel.makeSymlink(store.directory.appending("v"), to: "/tmp")
    #expect(throws: VolumeError.self) { try store.create("v") }
    try store.remove("v")
    #expect(try Kernel.exists("/tmp"))
  }
}
