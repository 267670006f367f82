// AppArmor without a kernel that has it: the text of the default profile, labels, and where what is written.
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrSecurity

@Suite("AppArmor")
struct AppArmorTests {
  @Test("the default profile is this text")
  func golden() {
    let expected = """
      # Made by Containr for its containers: docs/security.md says what it is for.
      abi <abi/3.0>,

      profile "containr-default" flags=(attach_disconnected,mediate_deleted) {
        file,
        capability,
        network,
        deny network alg,
        deny network vsock,

        signal (receive) peer="unconfined",
        signal (send,receive) peer="containr-default",
        ptrace (trace,read,tracedby,readby) peer="containr-default",

        deny mount,
        deny umount,

        deny /proc/[^0-9s]*{,/**} w,
        deny /proc/s[^y]*{,/**} w,
        deny /proc/sy[^s]*{,/**} w,
        deny /proc/sys[^/]*{,/**} w,
        deny /proc/sys/[^k]*{,/**} w,
        deny /proc/sys/k[^e]*{,/**} w,
        deny /proc/sys/kernel/[^s]*{,/**} w,
        deny /proc/sys/kernel/s[^h]*{,/**} w,
        deny /proc/sys/kernel/sh[^m]*{,/**} w,
        deny /sys/[^f]*{,/**} w,
        deny /sys/f[^s]*{,/**} w,
        deny /sys/fs/[^c]*{,/**} w,
        deny /sys/fs/c[^g]*{,/**} w,
        deny /sys/fs/cg[^r]*{,/**} w,

        deny /proc/kcore rwklx,
        deny /proc/sysrq-trigger rwklx,
        deny /sys/firmware/** rwklx,
        deny /sys/kernel/security/** rwklx,
        deny /sys/devices/virtual/powercap/** rwklx,
      }

      """
    #expect(AppArmorProfile(name: "containr-default").text == expected)
  }

  @Test("who starts containers from within a profile may signal them, and an old host gets no line it cannot read")
  func variants() {
    let text = AppArmorProfile(name: "a", caller: "ci", hasABI: false).text
    #expect(text.contains("  signal (receive) peer=\"ci\",\n"))
    #expect(!text.contains("abi <"))
  }

  @Test(
    "labels are read as the kernel writes them",
    arguments: [
      ("unconfined\n", ["unconfined"], nil), ("containr-default (enforce)\n", ["containr-default"], "enforce"),
      ("ci//&containr-default (mixed)\0", ["ci", "containr-default"], "mixed"),
      ("my profile (complain)", ["my profile"], "complain"), (":ns://a (enforce)", [":ns://a"], "enforce"),
    ] as [(String, [String], String?)])
  func labels(text: String, profiles: [String], mode: String?) {
    #expect(AppArmorLabel(text).profiles == profiles)
    #expect(AppArmorLabel(text).mode == mode)
  }

  @Test("a confined process that can gain nothing any more stacks the profile on its own")
  func stacking() {
    #expect(AppArmorLabel("unconfined").request(for: "a", noNewPrivileges: true) == "exec a")
    #expect(AppArmorLabel("ci (enforce)").request(for: "a", noNewPrivileges: false) == "exec a")
    #expect(AppArmorLabel("ci (enforce)").request(for: "a", noNewPrivileges: true) == "stack a")
    #expect(AppArmorLabel("ci//&a (enforce)").brings("a"))
    #expect(AppArmorLabel(":ns://a (enforce)").brings(":ns:a"))
    #expect(!AppArmorLabel("ci (enforce)").brings("a"))
  }

  @Test("what is no name of a profile is refused", arguments: ["", "a b", "a\nexec b", "a//&b", "\u{7F}"])
  func names(name: String) {
    #expect(throws: SecurityError.self) { try AppArmorLabel.check(name: name) }
  }

  @Test("a host that lacks the parser is told what to install")
  func parser() throws {
    let error = #expect(throws: SecurityError.self) { try AppArmorParser.find(["/nonexistent/parser"], for: "a") }
    #expect(error?.description.contains("install the package apparmor") == true)
    #expect(error?.description.contains("apparmor=unconfined") == true)
  }

  @Test("what the parser says against a profile is in the error")
  func complaint() throws {
    let directory = try Tree()
    let parser = try directory.program("parser", "echo 'line 3: what is that' >&2; exit 1")
    let error = #expect(throws: SecurityError.self) {
      try AppArmorParser.compile(AppArmorProfile(name: "a"), parser: parser, directory.shown())
    }
    #expect(error?.description.contains("line 3: what is that") == true)
  }

  @Test("the parser gets the text from its beginning, and its output is what is loaded")
  func compiled() throws {
    let directory = try Tree()
    let parser = try directory.program("parser", "printf 'compiled:'; cat; echo a warning >&2")
    let profile = AppArmorProfile(name: "a")
    let bytes = try AppArmorParser.compile(profile, parser: parser, directory.shown())
    #expect(String(decoding: bytes, as: UTF8.self) == "compiled:" + profile.text)
  }
}

@Suite("Labels for the next execve")
struct ExecLabelsTests {
  @Test("AppArmor has a file of its own, else the common one; SELinux has the common one")
  func files() {
    #expect(ExecLabels.Module.appArmor.files("exec") == ["self/attr/apparmor/exec", "self/attr/exec"])
    #expect(ExecLabels.Module.selinux.files("exec") == ["self/attr/exec"])
  }

  @Test("the profile goes into AppArmor's own file, and one that does not read back is an error")
  func own() throws {
    let tree = try Tree()
    try tree.write("self/attr/apparmor/current", "unconfined\n")
    let procfs = try tree.directory()
    try tree.write("self/attr/apparmor/exec", "")
    try tree.write("self/attr/exec", "")
    let error = #expect(throws: SyscallError.self) {
      try ExecLabels.setAppArmor("containr-default", noNewPrivileges: true, procfs: procfs.raw)
    }
    #expect(error?.description.contains("asked for `containr-default`, and the kernel has") == true)
    #expect(try tree.read("self/attr/apparmor/exec") == "exec containr-default")
    #expect(try tree.read("self/attr/exec") == "")
  }

  @Test("before Linux 5.8 it goes into the common file, and a confined caller stacks")
  func common() throws {
    let tree = try Tree()
    let procfs = try tree.directory()
    try tree.write("self/attr/current", "ci (enforce)\n")
    try tree.write("self/attr/exec", "")
    #expect(throws: SyscallError.self) {
      try ExecLabels.setAppArmor("containr-default", noNewPrivileges: true, procfs: procfs.raw)
    }
    #expect(try tree.read("self/attr/exec") == "stack containr-default")
  }

  @Test("a context is written and has to read back, in whatever order its categories come")
  func context() throws {
    let tree = try Tree()
    let procfs = try tree.directory()
    try tree.write("self/attr/exec", "")
    try ExecLabels.setSELinux("system_u:system_r:container_t:s0:c2,c1", procfs: procfs.raw)
    #expect(try tree.read("self/attr/exec") == "system_u:system_r:container_t:s0:c2,c1")
    #expect(throws: SyscallError.self) { try ExecLabels.setSELinux("no context", procfs: procfs.raw) }
  }

  @Test("CVE-2019-16884, CVE-2025-52881: a file that leads out of procfs is not written")
  func escape() throws {
    let tree = try Tree()
    try tree.write("target", "as it was")
    try tree.write("proc/self/attr/current", "unconfined\n")
    symlink("../../../target", tree.path + "/proc/self/attr/exec")
    let procfs = try tree.directory("proc")
    #expect(throws: SyscallError.self) {
      try ExecLabels.setAppArmor("a", noNewPrivileges: false, procfs: procfs.raw)
    }
    #expect(throws: SyscallError.self) {
      try ExecLabels.setSELinux("a:b:c:s0", procfs: procfs.raw)
    }
    #expect(try tree.read("target") == "as it was")
  }

  @Test("labels that a kernel cannot give are refused, and none is asked of one without")
  func modules() throws {
    let none = SecurityModules(hasAppArmor: false, hasSELinux: false)
    try none.check(apparmorProfile: nil, selinuxLabel: nil, mountLabel: nil)
    // What it asks for is what there is.
    try none.check(apparmorProfile: "unconfined", selinuxLabel: nil, mountLabel: nil)
    for (profile, process, mount) in [("a", nil, nil), (nil, "a:b:c", nil), (nil, nil, "a:b:c")] {
      let error = #expect(throws: SecurityError.self) {
        try none.check(apparmorProfile: profile, selinuxLabel: process, mountLabel: mount)
      }
      #expect(error?.description.contains("is not on in this kernel") == true)
    }
    let both = SecurityModules(hasAppArmor: true, hasSELinux: true)
    try both.check(apparmorProfile: "a", selinuxLabel: "a:b:c", mountLabel: "a:b:c")
  }

  @Test("what is on is seen by the files of the modules themselves")
  func seen() throws {
    let tree = try Tree()
    #expect(try tree.modules() == SecurityModules(hasAppArmor: false, hasSELinux: false))
    try tree.write("sys/module/apparmor/parameters/enabled", "N\n")
    #expect(try !tree.modules().hasAppArmor)
    try tree.write("sys/module/apparmor/parameters/enabled", "Y\n")
    #expect(try tree.modules().hasAppArmor)
    try tree.write("sys/fs/selinux/enforce", "0")
    try tree.write("proc/self/attr/current", "kernel\0")
    #expect(try !tree.modules().hasSELinux)
    try tree.write("proc/self/attr/current", "system_u:system_r:init_t:s0\0")
    #expect(try tree.modules().hasSELinux)
  }
}

/// A directory of files that stands for a part of the system.
final class Tree {
  let path: String
  private var open: [SharedFD] = []

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/containr-tree-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

  func program(_ name: String, _ script: String) throws -> FilePath {
    try write(name + ".text", "#!/bin/sh\n\(script)\n")
    // By another process: what is spawned meanwhile inherits a file that this one writes, and then it is busy.
    let null = try Kernel.open("/dev/null", .readWrite)
    let copy = try ChildProcess.spawn(
      "/bin/cp", arguments: ["cp", "\(path)/\(name).text", "\(path)/\(name)"],
      descriptors: [null.raw, null.raw, null.raw])
    guard try copy.wait() == .exited(0) else { throw SyscallError(errno: 5, operation: "cp", path: FilePath(path)) }
    chmod(path + "/" + name, 0o755)
    return FilePath(path).appending(name)
  }

  /// Open as long as the tree is there.
  func directory(_ name: String = ".") throws -> SharedFD {
    let fd = SharedFD(try Kernel.open(FilePath(path).appending(name), [.path, .directory]))
    open.append(fd)
    return fd
  }

  /// Files of AppArmor as a host shows them.
  func shown() throws -> AppArmorFiles {
    try FileManager.default.createDirectory(atPath: path + "/apparmor", withIntermediateDirectories: true)
    return AppArmorFiles(usual: FilePath(path).appending("apparmor")) { () throws(SyscallError) -> OwnedFD in
      throw SyscallError(errno: 1, operation: "mount", detail: "nobody may ask")
    }
  }

  func modules() throws -> SecurityModules { try SecurityModules.ofHost(root: FilePath(path)) }
}
