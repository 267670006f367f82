// Which securityfs AppArmor's files are taken from: a container with privileges of another engine shows none.
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrSecurity

@Suite("AppArmor's files")
struct AppArmorFilesTests {
  private let tree: Tree
  init() throws { tree = try Tree() }

  /// Files that the host does not show; those of the tree stand for a securityfs of our own.
  private func hidden() -> AppArmorFiles {
    let place = FilePath(tree.path)
    return AppArmorFiles(usual: place.appending("none/apparmor")) { () throws(SyscallError) -> OwnedFD in
      try Kernel.open(place, [.path, .directory])
    }
  }

  @Test("where the host shows them nothing is mounted")
  func shown() throws {
    try tree.write("apparmor/profiles", "one (enforce)\n")
    try tree.write("apparmor/.replace", "")
    let files = try tree.shown()
    #expect(try AppArmorPolicy.profiles(files) == ["one": "enforce"])
    try AppArmorPolicy.load([65], files)
    #expect(try tree.read("apparmor/.replace") == "A")
    let isOwn = try files.ownIfHidden() != nil
    #expect(!isOwn)
  }

  @Test("where it shows none, they are those of a securityfs of our own: to read, load and remove, and for the parser")
  func hiddenFiles() throws {
    try tree.write("apparmor/profiles", "one (enforce)\ntwo (complain)\n")
    try tree.write("apparmor/features/mask", "all")
    for name in [".replace", ".remove"] { try tree.write("apparmor/" + name, "") }
    #expect(try AppArmorPolicy.profiles(hidden()) == ["one": "enforce", "two": "complain"])
    try AppArmorPolicy.load([66], hidden())
    try AppArmorPolicy.remove("one", hidden())
    #expect(try tree.read("apparmor/.replace") == "B" && tree.read("apparmor/.remove") == "one")
    let parser = try tree.program(
      "parser", "cat >/dev/null; echo \"$@\"; for word; do case $word in /*) cat $word/mask ;; esac; done")
    let told = String(
      decoding: try AppArmorParser.compile(AppArmorProfile(name: "a"), parser: parser, hidden()), as: UTF8.self)
    #expect(told.contains("--kernel-features /proc/self/fd/3/apparmor/features\nall"), "\(told)")
    let plain = String(
      decoding: try AppArmorParser.compile(AppArmorProfile(name: "a"), parser: parser, tree.shown()), as: UTF8.self)
    #expect(!plain.contains("--kernel-features"), "\(plain)")
  }

  @Test("where none can be had, the way out is named")
  func refused() throws {
    let files = AppArmorFiles(usual: FilePath(tree.path).appending("none")) { () throws(SyscallError) -> OwnedFD in
      throw SyscallError(errno: 1, operation: "fsopen", detail: "securityfs")
    }
    let error = #expect(throws: SecurityError.self) { try AppArmorPolicy.profiles(files) }
    #expect(error?.description.contains("mount one on /sys/kernel/security") == true, "\(String(describing: error))")
  }

  @Test(
    "the kernel gives one that has no place: no mount of this host changes",
    .enabled(if: isRoot, "a securityfs is root's to mount"))
  func ofKernel() throws {
    let before = try Kernel.text(of: "/proc/self/mountinfo")
    let isShown = try Kernel.exists(AppArmorFiles.ofHost.usual)
    guard let own = try AppArmorFiles.ofHost.ownIfHidden() else { return #expect(isShown) }
    #expect(!isShown)
    #expect(try Kernel.fileSystemType(own.raw) == 0x7363_6673)  // SECURITYFS_MAGIC
    #expect(try Kernel.text(of: "/proc/self/mountinfo") == before)
  }
}
