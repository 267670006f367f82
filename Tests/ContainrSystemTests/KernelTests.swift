// The syscall gate: resolution, atomic files, locks, sockets, processes. Without root.
@testable import ContainrSystem
import SystemPackage
import Testing

@Suite("The syscall gate")
final class KernelTests {
  private let state = FilePath("/tmp/containr-system-\(Kernel.monotonicTime())")
  init() throws { try Kernel.makeDirectories(state.appending("a/b")) }
  deinit { remove(state) }

  private func remove(_ path: FilePath) {
    for name in (try? Kernel.names(inDirectory: path)) ?? [] {
      let child = path.appending(name)
      let isDirectory = (try? Kernel.status(of: child, followSymlinks: false).isDirectory) ?? false
      if isDirectory { remove(child) } else { try? Kernel.remove(child) }
    }
    try? Kernel.remove(path, isDirectory: true)
  }

  @Test("A path resolved in a root does not leave it, neither by dots nor by symlinks, and magic links are refused")
  func resolution() throws {
    try Kernel.makeSymlink(state.appending("a/out"), to: "/b")
    try Kernel.makeSymlink(state.appending("a/up"), to: "../../../b")
    let root = try Kernel.open(state.appending("a"), [.path, .directory])
    let expected = try Kernel.status(of: state.appending("a/b")).inode
    for path in ["/b", "out", "up", "../../b"] {
      let found = try Kernel.open(FilePath(path), at: root.raw, .path, resolve: [.inRoot, .noMagicLinks])
      #expect(try Kernel.status(at: found.raw).inode == expected)
    }
    let error = #expect(throws: SyscallError.self) {
      _ = try Kernel.open(FilePath("/proc/self/fd/\(root.raw)"), .path, resolve: .noMagicLinks)
    }
    #expect(error?.errno == 40)
  }

  @Test("A file is replaced as a whole, and errors name the call, the path and the reason")
  func files() throws {
    let file = state.appending("file")
    try Kernel.replace(file, with: Array("one\n".utf8))
    try Kernel.replace(file, with: Array("two\n".utf8), durable: true)
    #expect(try Kernel.text(of: file) == "two")
    #expect(try Kernel.names(inDirectory: state) == ["a", "file"])
    #expect(try !Kernel.exists(state.appending("none/below")))
    let error = #expect(throws: SyscallError.self) { try Kernel.text(of: state.appending("none")) }
    #expect(error?.description == "openat2 \(state)/none: No such file or directory")
  }

  @Test(
    "Where the kernel's overlay cannot write is known by statfs, and by mountinfo where that says what a server is on")
  func overlayMakers() {
    let (ext4, overlay, fuse): (Int64, Int64, Int64) = (0xEF53, 0x794C_7630, 0x6573_5546)
    #expect(OverlayMaker.of(type: ext4, mount: nil) == .kernel)
    #expect(OverlayMaker.of(type: ext4, mount: ("9p", "share")) == .server(fileSystem: "9P"))
    #expect(OverlayMaker.of(type: 0x0102_1994, mount: ("tmpfs", "tmpfs")) == .kernel)
    #expect(OverlayMaker.of(type: overlay, mount: nil) == .server(fileSystem: "an overlay"))
    #expect(OverlayMaker.of(type: fuse, mount: ("fuse.sshfs", "host:")) == .server(fileSystem: "a FUSE file system"))
    #expect(OverlayMaker.of(type: fuse, mount: ("virtiofs", "share")) == .kernel)
    #expect(
      OverlayMaker.of(type: fuse, mount: ("fuse.fuse-overlayfs", "fuse-overlayfs"))
        == .nobody(fileSystem: "the file system of another fuse-overlayfs"))
  }

  @Test("A lock excludes a second one and its file can be removed under it")
  func lock() throws {
    let path = state.appending("lock")
    do {
      let lock = try FileLock(path)
      #expect(throws: SyscallError.self) { _ = try FileLock(path, wait: false) }
      try lock.removeFile()
    }
    _ = try FileLock(path, wait: false)
  }

  @Test("Messages arrive whole with their descriptors, and what was sent before the end is not lost with it")
  func socket() throws {
    let ends = try SeqPacketSocket.pair()
    let ours = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
    do {
      let theirs = SeqPacketSocket(taking: OwnedFD(taking: ends.1))
      let file = try Kernel.sealedMemory(named: "test", [7, 8, 9])
      try theirs.send([1, 2], descriptors: [file.raw])
      try theirs.send([3])
      // Unread when the other side closes: the kernel reports that first.
      try ours.send([4])
    }
    let first = try #require(try ours.receive(limit: 16))
    #expect(first.bytes == [1, 2])
    #expect(try Kernel.memory(try #require(first.descriptors.first).raw) == [7, 8, 9])
    #expect(try ours.receive()?.bytes == [3])
    #expect(try ours.receive() == nil)
    #expect(throws: SyscallError.self) { try ours.send([5]) }
  }

  @Test("A process is known by fields 3 and 22 of its stat, whatever its command is called")
  func processFields() {
    let numbers = (4...52).map { "\($0)" }.joined(separator: " ")
    for name in ["sleep", "a b", ") S 1", "((", "x) R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"] {
      let found = ProcessIdentity.fields(stat: "17 (\(name)) Z \(numbers)")
      #expect(found?.state == UInt8(ascii: "Z") && found?.startTime == 22, "\(name)")
    }
    #expect(ProcessIdentity.fields(stat: "17 (x) S 1 2 3") == nil)
    #expect(ProcessIdentity.fields(stat: "") == nil)
    let tooMuch = numbers.replacing(" 22 ", with: " 99999999999999999999 ")
    #expect(ProcessIdentity.fields(stat: "17 (x) S \(tooMuch)") == nil)
  }

  @Test("A path lies below a directory if it is that one, or goes on after a slash")
  func below() {
    let directory: FilePath = "/a/b"
    #expect(FilePath("/a/b/c").lies(below: directory) && directory.lies(below: directory))
    #expect(!FilePath("/a/bc").lies(below: directory) && !FilePath("/a").lies(below: directory))
    #expect(directory.lies(below: "/"))
  }

  @Test("A child has exactly the descriptors, arguments and environment that it is given, and its end is seen once")
  func children() throws {
    let pipe = try Kernel.pipe()
    let null = try Kernel.open("/dev/null", .readWrite)
    let child = try ChildProcess.spawn(
      "/bin/sh", arguments: ["sh", "-c", "ls /proc/self/fd; echo $A-$HOME; exit 4"], environment: ["A=b"],
      descriptors: [null.raw, pipe.write.raw, null.raw])
    let identity = try ProcessIdentity.current(pid: child.pid)
    #expect(try child.wait() == .exited(4))
    #expect(try child.wait() == nil)
    #expect(try !identity.isAlive)
    #expect(try !identity.send(signal: 15))
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = try Kernel.read(pipe.read.raw, into: &buffer)
    #expect(String(decoding: buffer.prefix(count), as: UTF8.self).hasPrefix("0\n1\n2\n3\n"))
    let killed = try ChildProcess.spawn(
      "/bin/sleep", arguments: ["sleep", "60"], descriptors: [null.raw, null.raw, null.raw])
    try killed.kill()
    #expect(try killed.wait() == .signalled(9))
  }

  @Test("What is ready is told with its token, and nothing after the time is over")
  func polling() throws {
    let pipe = try Kernel.pipe()
    let events = try EventPoll()
    try events.add(pipe.read.raw, token: 42)
    #expect(try events.wait(milliseconds: 0) == [])
    try pipe.write.writeAll([1])
    #expect(try events.wait().map(\.token) == [42])
    #expect(try events.waitTrimmed().map(\.token) == [42])
    try events.remove(pipe.read.raw)
    #expect(try events.wait(milliseconds: 1) == [])
  }
}
