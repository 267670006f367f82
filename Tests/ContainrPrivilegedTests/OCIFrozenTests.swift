// Containers that are paused, or held by a freezer that is not theirs: they can be told about, killed and deleted.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCIFrozenTests {
  @Test("a paused container is told as such, takes no command, and ends when it is killed")
  func paused() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 63 & sleep 63")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try bed.runtime(["pause", "a"]).succeeding()
      #expect(try bed.runtime(["exec", "a", "true"]).errors.contains("paused"))
      #expect(try bed.runtime(["pause", "a"]).errors.contains("cannot pause a container that is paused"))
      #expect(try bed.runtime(["delete", "a"]).code == 1)
      try bed.runtime(["kill", "a", "TERM"]).succeeding()
      #expect(try bed.state("a")["status"] as? String == "paused")
      try bed.runtime(["kill", "a", "KILL"]).succeeding()
      try eventually("it is stopped") { try bed.state("a")["status"] as? String == "stopped" }
      try bed.runtime(["delete", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("delete --force of a paused container takes no second")
  func deleted() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 64 & sleep 64")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try bed.runtime(["pause", "a"]).succeeding()
      let start = Date()
      try bed.runtime(["delete", "--force", "a"]).succeeding()
      #expect(-start.timeIntervalSinceNow < 8 * TestPace.factor)
      try bed.expectNothingLeft()
    }
  }

  /// Natively v1's freezer; v2 has none that one could be put into without leaving one's own group.
  @Test("delete --force ends what somebody else has frozen, and thaws nothing of theirs")
  func foreign() throws {
    let freezer = "/sys/fs/cgroup/freezer"
    guard FileManager.default.fileExists(atPath: freezer) else { return try deleted() }
    let place = "\(freezer)/containr-oci-frozen-\(getpid())"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let sleeper = try run("sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]).succeeding().output
    let stranger = try #require(Int32(sleeper.split(separator: "\n")[0]))
    defer {
      _ = try? run("sh", ["-c", "echo THAWED > \(place)/freezer.state"])
      kill(stranger, SIGKILL)
      do { try eventually("the group is empty") { rmdir(place) == 0 } } catch { Issue.record(error) }
    }
    try BundleBed.use { bed in
      try bed.write("sleep 65 & sleep 65")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let pid = try #require(try bed.state("a")["pid"] as? Int)
      for process in ["\(pid)", "\(stranger)"] {
        try run("sh", ["-c", "echo \(process) > \(place)/cgroup.procs"]).succeeding()
      }
      try run("sh", ["-c", "echo FROZEN > \(place)/freezer.state"]).succeeding()
      let start = Date()
      try bed.runtime(["delete", "--force", "a"]).succeeding()
      #expect(-start.timeIntervalSinceNow < 8 * TestPace.factor)
      #expect(try String(contentsOfFile: "\(place)/freezer.state", encoding: .utf8) == "FROZEN\n")
      #expect(kill(stranger, 0) == 0)
      try bed.expectNothingLeft()
    }
  }
}
