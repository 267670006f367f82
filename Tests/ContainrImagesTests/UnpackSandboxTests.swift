import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("The unpacking process", .enabled(if: Requirement.isRoot, "chroot and capabilities need root"))
struct UnpackSandboxTests {
  @Test("stands behind all its walls before it reads the first byte, and ends when nobody waits for it")
  func walls() throws {
    let scratch = try ScratchDirectory("walls")
    let directory = try Kernel.open(FilePath(scratch.path), [.readOnly, .directory])
    let null = try Kernel.open("/dev/null", .readWrite)
    let archive = try Kernel.pipe().release()
    let report = try Kernel.pipe().release()
    let reading = OwnedFD(taking: report.read)
    let child: ChildProcess
    do {
      let source = OwnedFD(taking: archive.read)
      let writing = OwnedFD(taking: report.write)
      child = try ChildProcess.spawn(
        FilePath(try BuiltPrograms.path("containr-cli")), arguments: ["containr", LayerUnpacker.subcommand],
        descriptors: [null.raw, writing.raw, null.raw, source.raw, directory.raw])
    }
    var status: [Substring: String] = [:]
    try eventually("the process has its seccomp filter") {
      for line in try Kernel.text(of: FilePath("/proc/\(child.pid)/status")).split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        status[parts[0]] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
      }
      return status["Seccomp"] == "2"
    }
    #expect(status["NoNewPrivs"] == "1")
    #expect(status["Threads"] == "1")
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SYS_ADMIN, MKNOD, SETFCAP.
    #expect(status["CapEff"] == "000000008820001b")
    #expect(status["CapPrm"] == "000000008820001b")
    #expect(status["CapInh"] == "0000000000000000")
    #expect(status["Umask"] == "0000")
    #expect(try Kernel.readLink(FilePath("/proc/\(child.pid)/root")) == scratch.path)
    #expect(try Kernel.readLink(FilePath("/proc/\(child.pid)/cwd")) == scratch.path)
    #expect(try Kernel.readLink(FilePath("/proc/\(child.pid)/ns/net")) != Kernel.readLink("/proc/self/ns/net"))
    #expect(try Kernel.names(inDirectory: FilePath("/proc/\(child.pid)/fd")) == ["0", "1", "2", "3", "4"])
    let limits = try Kernel.text(of: FilePath("/proc/\(child.pid)/limits"))
    #expect(limits.contains("Max core file size        0  "))
    do {
      let feeding = OwnedFD(taking: archive.write)
      try feeding.writeAll(Array("not a tar".utf8))
    }
    let said = String(decoding: try Kernel.readAll(reading.raw), as: UTF8.self)
    #expect(UnpackReport(said)?.failure?.contains("not a readable tar") == true)
    #expect(try child.wait() == .exited(1))
  }
}
