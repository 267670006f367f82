// Another file under a path on which one is mounted, as kernels before 6.5 have to do it: the new mount above the old
// one. Beneath, as newer ones do, is tested with whole containers.
import ContainrRootfs
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@Suite("A mounted file is replaced", .serialized, needsRoot)
struct ReplacementTests {
  /// A directory of its own with some files, and `target` with `old` mounted on it.
  private func use(_ body: (FilePath, ContainerRoot) throws -> Void) throws {
    let directory = FilePath("/tmp/containr-replacement-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(directory, mode: 0o700)
    for name in ["old", "new", "target", "plain"] {
      try Kernel.open(directory.appending(name), [.writeOnly, .create], mode: 0o644).writeAll(Array(name.utf8))
    }
    try Kernel.makeSymlink(directory.appending("link"), to: "target")
    let target = directory.appending("target")
    do {
      let mount = try Process.run(
        URL(filePath: "/bin/mount"), arguments: ["--bind", directory.appending("old").string, target.string])
      mount.waitUntilExit()
      #expect(mount.terminationStatus == 0)
      try body(directory, ContainerRoot(taking: try Kernel.open(directory, [.path, .directory])))
    } catch { Issue.record("\(error)") }
    try MemoryMount.unmount(target)
    try Kernel.removeTree(directory)
  }

  private func replacement(_ directory: FilePath, _ source: String, _ target: String) -> MountReplacement {
    MountReplacement(
      source: directory.appending(source).string, target: target, [.readOnly, .noSetuid, .noDevices, .noExec])
  }

  @Test("the new file is seen, read-only, and the old one once it is taken off")
  func above() throws {
    try use { (directory: FilePath, root: ContainerRoot) throws in
      let target = directory.appending("target")
      #expect(try Kernel.text(of: target) == "old")
      let new = replacement(directory, "new", "/target")
      try new.apply(try new.prepare(), in: root, beneath: false)
      #expect(try Kernel.text(of: target) == "new")
      let error = #expect(throws: SyscallError.self) { _ = try Kernel.open(target, [.writeOnly]) }
      #expect(error?.errno == 30)
      try MemoryMount.unmount(target)
      #expect(try Kernel.text(of: target) == "target")
    }
  }

  @Test("a mounted file that has no name any more, as one that was replaced by another of its name, gives its place up")
  func withoutName() throws {
    try use { (directory: FilePath, root: ContainerRoot) throws in
      let target = directory.appending("target")
      try Kernel.rename(directory.appending("new"), to: directory.appending("old"))
      #expect(try Kernel.text(of: target) == "old")
      let new = replacement(directory, "old", "/target")
      try new.apply(try new.prepare(), in: root, beneath: false)
      #expect(try Kernel.text(of: target) == "new")
    }
  }

  @Test("a path on which nothing is mounted, or that is a link, is refused and left alone")
  func refused() throws {
    try use { (directory: FilePath, root: ContainerRoot) throws in
      for (path, number) in [("/plain", 16), ("/link", 16), ("/none", 2), ("/", 16)] as [(String, Int32)] {
        let new = replacement(directory, "new", path)
        let error = #expect(throws: SyscallError.self) { try new.apply(try new.prepare(), in: root, beneath: false) }
        #expect(error?.errno == number, "\(path): \(String(describing: error))")
      }
      #expect(try Kernel.text(of: directory.appending("plain")) == "plain")
      #expect(try Kernel.text(of: directory.appending("target")) == "old")
    }
  }
}
