import Foundation
import Testing

@testable import ContainrEngine

@Suite("ELF images")
struct ELFImageTests {
  private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test("name their loader and the libraries that they need")
  func dynamic() throws {
    let image = try #require(ELFImage(try bytes("/bin/sh")))
    #expect(image.machine == ELFImage.own)
    #expect(image.interpreter?.hasPrefix("/lib") == true)
    #expect(image.needed.contains("libc.so.6"))
  }

  @Test("that are not ELF are nil, whatever is in them")
  func other() {
    #expect(ELFImage([]) == nil)
    #expect(ELFImage(Array("#!/bin/sh\n".utf8)) == nil)
    #expect(ELFImage([UInt8](repeating: 0x7F, count: 100)) == nil)
  }

  @Test("that lie about their offsets or are cut anywhere are read without a fault")
  func hostile() throws {
    let whole = try bytes("/bin/true")
    for count in stride(from: 0, to: min(whole.count, 4096), by: 7) { _ = ELFImage(Array(whole[..<count])) }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = whole
      // The headers and the dynamic section's numbers.
      for _ in 0..<8 {
        bytes[Int.random(in: 4..<min(bytes.count, 8192), using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = ELFImage(bytes)
    }
  }

  @Test("a seccomp record of the kernel's log gives the call's name, and only for the process that is meant")
  func audit() {
    let record =
      "5,1234,99,-;audit: type=1326 audit(1.2:3): auid=0 uid=0 gid=0 ses=1 pid=77 comm=\"x\" exe=\"/x\" sig=31 "
      + "arch=c000003e syscall=110 compat=0 ip=0x1 code=0x80000000"
    #expect(SeccompAudit.call(pid: 77, in: record) == "getppid")
    #expect(SeccompAudit.call(pid: 78, in: record) == nil)
    #expect(SeccompAudit.call(pid: 77, in: record.replacingOccurrences(of: "1326", with: "1300")) == nil)
    #expect(SeccompAudit.call(pid: 77, in: record.replacingOccurrences(of: "=110", with: "=99999")) == "number 99999")
  }

  @Test("a probe's answer survives its file")
  func answers() {
    for answer in [
      ProbeAnswer(exitCode: 3, output: "no\nsocket\n"), ProbeAnswer(exitCode: nil, output: "late"),
      ProbeAnswer(exitCode: 0, output: ""),
    ] {
      #expect(ProbeAnswer(healthFile: "unhealthy\n\(answer.text)") == answer)
    }
    #expect(ProbeAnswer(healthFile: "starting\n") == nil && ProbeAnswer(healthFile: "over\n") == nil)
  }
}
