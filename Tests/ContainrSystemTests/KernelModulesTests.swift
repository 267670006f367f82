// What a kernel's lists of modules say, on a tree of plain files.
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@Suite("Modules of the kernel")
struct KernelModulesTests {
  private func tree(lists: Bool) throws -> (URL, KernelModules) {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    func write(_ text: String, _ name: String) throws {
      let file = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try write("6.1.0-9-amd64\n", "proc/sys/kernel/osrelease")
    try write("", "sys/module/bridge/initstate")
    if lists {
      try write("kernel/fs/ext4/ext4.ko\n", "lib/modules/6.1.0-9-amd64/modules.builtin")
      try write(
        "kernel/fs/overlayfs/overlay.ko.xz:\nkernel/net/netfilter/nf-tables.ko: kernel/lib/x.ko\n",
        "lib/modules/6.1.0-9-amd64/modules.dep")
    }
    return (root, try KernelModules(root: FilePath(root.path)))
  }

  @Test("one is missing only if it is neither there, nor built in, nor to be loaded")
  func lacks() throws {
    let (root, modules) = try tree(lists: true)
    defer { try? FileManager.default.removeItem(at: root) }
    for name in ["overlay", "ext4", "bridge", "nf_tables"] { #expect(try !modules.lacks(name), "\(name)") }
    #expect(try modules.lacks("veth"))
  }

  @Test("a host without the lists does not say")
  func unknown() throws {
    let (root, modules) = try tree(lists: false)
    defer { try? FileManager.default.removeItem(at: root) }
    #expect(try !modules.lacks("veth"))
  }

  @Test("a file system says what it has left, also for a path that is not there yet")
  func space() throws {
    let space = try FileSystemSpace(ofFuture: "/tmp/not/there/yet")
    #expect(space.freeBytes > 0 && !space.isReadOnly)
    #expect(try FileSystemSpace(of: "/sys").freeBytes == 0)
    #expect(throws: SyscallError.self) { try FileSystemSpace(of: "/tmp/not/there/yet") }
  }
}
