import ContainrReconcile
import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrEngine
@testable import ContainrHost

@Suite("Directories and locks of our own")
struct DirectoryTests {
  private func place() throws -> FilePath {
    let path = FilePath("/tmp/containr-engine-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(path, mode: 0o700)
    return path
  }

  @Test("what we made goes with its parents, what was there before stays")
  func ownership() throws {
    let root = try place()
    defer { #expect(throws: Never.self) { try Kernel.removeTree(root) } }
    let deep = root.appending("a").appending("b").appending("c")
    try OwnDirectories.ensure(deep)
    try OwnDirectories.ensure(deep)
    try OwnDirectories.removeIfEmpty(deep)
    #expect(try Kernel.names(inDirectory: root).isEmpty)
    try Kernel.makeDirectory(root.appending("mine"))
    try OwnDirectories.ensure(root.appending("mine"))
    try OwnDirectories.removeIfEmpty(root.appending("mine"))
    #expect(try Kernel.names(inDirectory: root) == ["mine"])
  }

  @Test("a directory that holds something stays, and a half-made one is cleared away")
  func leftovers() throws {
    let root = try place()
    defer { #expect(throws: Never.self) { try Kernel.removeTree(root) } }
    let path = root.appending("a")
    try OwnDirectories.ensure(path)
    try Kernel.makeDirectory(path.appending("x"))
    try OwnDirectories.removeIfEmpty(path)
    #expect(try Kernel.exists(path))
    try Kernel.remove(path.appending("x"), isDirectory: true)
    try Kernel.makeDirectory(root.appending("a.making"))
    try OwnDirectories.removeIfEmpty(path)
    #expect(try Kernel.names(inDirectory: root).isEmpty)
  }

  @Test("a stack's lock keeps others out and leaves nothing behind")
  func lock() throws {
    let root = try place()
    defer { #expect(throws: Never.self) { try Kernel.removeTree(root) } }
    let settings = HostSettings(
      stateDirectory: root.appending("state"), runDirectory: root.appending("run"), shim: "/s", program: "/p")
    let engine = try StackEngine(settings: settings)
    let lock = try engine.lockStack("hello")
    #expect(throws: EngineError.self) { _ = try engine.lockStack("hello", wait: false) }
    let other = try engine.lockStack("other", wait: false)
    other.release()
    #expect(try Kernel.exists(settings.stackLock("hello")))
    lock.release()
    #expect(try Kernel.names(inDirectory: root).isEmpty)
  }

  @Test("looking makes nothing, not even with directories that are missing")
  func observe() throws {
    let root = try place()
    defer { #expect(throws: Never.self) { try Kernel.removeTree(root) } }
    let settings = HostSettings(
      stateDirectory: root.appending("state"), runDirectory: root.appending("run"), shim: "/s", program: "/p")
    let engine = try StackEngine(settings: settings)
    #expect(try engine.plan(stack([service("a")]), stackName: "hello").changes.count > 3)
    #expect(try engine.containers(stack: nil).isEmpty)
    #expect(try Kernel.names(inDirectory: root).isEmpty)
  }

  @Test("settings that cannot work are refused at once")
  func settingsComplaint() {
    for broken in [
      HostSettings(linkPrefix: "toolong", shim: "/s", program: "/p"),
      HostSettings(cgroupParent: "../x", shim: "/s", program: "/p"),
      HostSettings(nftTable: "a;b", shim: "/s", program: "/p"),
      HostSettings(stateDirectory: "relative", shim: "/s", program: "/p"),
    ] {
      #expect(throws: EngineError.self) { _ = try StackEngine(settings: broken) }
    }
  }
}
