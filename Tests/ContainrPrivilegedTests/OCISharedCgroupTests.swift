// Containers in a cgroup that config.json names and that is not theirs alone: only what is the container's ends with it.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCISharedCgroupTests {
  /// A stranger in a cgroup of a bed's container, made before it, in every v1 hierarchy or in the v2 tree.
  final class Stranger {
    let pid: Int32
    let group: String
    private let places: [String]

    init(_ group: String) throws {
      self.group = group
      let trees = try FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)" }
      let isV2 = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
      let roots =
        isV2 ? ["/sys/fs/cgroup"] : trees.filter { ["memory", "freezer"].contains(($0 as NSString).lastPathComponent) }
      places = roots.map { "\($0)/\(group)" }
      for place in places { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
      let sleeper = try run("sh", ["-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]).succeeding().output
      pid = try #require(Int32(sleeper.split(separator: "\n")[0]))
      for place in places { try run("sh", ["-c", "echo \(pid) > \(place)/cgroup.procs"]).succeeding() }
    }

    var lives: Bool { kill(pid, 0) == 0 }
    /// Its own group is there still.
    var hasPlace: Bool { places.allSatisfy { FileManager.default.fileExists(atPath: $0) } }

    func end() {
      kill(pid, SIGKILL)
      // It leaves its groups a moment later.
      do { try eventually("its groups are empty") { places.allSatisfy { rmdir($0) == 0 || errno == ENOENT } } } catch {
        Issue.record(error)
      }
      for tree in [""] + ((try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []) {
        rmdir("/sys/fs/cgroup/\(tree)/\(group)")
      }
    }
  }

  private func use(_ body: (BundleBed, Stranger) throws -> Void) throws {
    try BundleBed.use { bed in
      let stranger = try Stranger("containr-oci-shared-\(UUID().uuidString.prefix(8))")
      defer { stranger.end() }
      try body(bed, stranger)
      #expect(stranger.lives && stranger.hasPlace)
    }
  }

  /// Whether a process is there and has not ended; nobody may have waited for it yet.
  private func runs(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return stat.split(separator: ")").last?.hasPrefix(" Z") == false
  }

  private func config(_ group: String, ownPIDs: Bool = true) -> (inout [String: Any]) -> Void {
    { config in
      var linux = config["linux"] as? [String: Any] ?? [:]
      linux["cgroupsPath"] = "/\(group)"
      linux["namespaces"] = (["mount", "ipc", "uts", "network"] + (ownPIDs ? ["pid"] : [])).map { ["type": $0] }
      config["linux"] = linux
    }
  }

  @Test("delete ends nothing of others", arguments: [true, false])
  func delete(ownPIDs: Bool) throws {
    try use { bed, stranger in
      try bed.write("sleep 61 & sleep 61", config(stranger.group, ownPIDs: ownPIDs))
      try bed.runtime(["run", "-d", "a"]).succeeding()
      var pids: [Int32] = []
      try eventually("both are there") {
        pids = try bed.runtime(["ps", "-f", "json", "a"]).succeeding().output
          .split(whereSeparator: { !$0.isNumber }).compactMap { Int32($0) }
        return pids.count >= 2
      }
      #expect(!pids.contains(stranger.pid) && pids.count >= 2, "\(pids)")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      #expect(!pids.contains(where: runs), "\(pids)")
    }
  }

  @Test("kill, also of all, reaches nobody else")
  func killed() throws {
    try use { bed, stranger in
      try bed.write("sleep 62 & exec sleep 62", config(stranger.group, ownPIDs: false))
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try bed.runtime(["kill", "--all", "a", "KILL"]).succeeding()
      try eventually("it is stopped") { try bed.state("a")["status"] as? String == "stopped" }
      try bed.runtime(["delete", "a"]).succeeding()
    }
  }

  @Test("a create that fails ends nothing of others", arguments: [true, false])
  func failedCreate(ownPIDs: Bool) throws {
    try use { bed, stranger in
      try bed.write("true") { value in
        config(stranger.group, ownPIDs: ownPIDs)(&value)
        value["hooks"] = ["createRuntime": [["path": "/bin/false"]]]
      }
      #expect(try bed.runtime(["create", "a"]).errors.contains("createRuntime hook failed"))
      #expect(try bed.runtime(["list", "-q"]).output == "")
      // What started without a pid namespace is ended in a start that fails as well.
      let mark = "\(600_000 + Int(getpid()))\(ownPIDs ? 1 : 2)"
      try bed.write("sleep \(mark) & sleep \(mark)") { value in
        config(stranger.group, ownPIDs: ownPIDs)(&value)
        value["hooks"] = ["poststart": [["path": "/bin/sh", "args": ["sh", "-c", "sleep 0.3; exit 3"]]]]
      }
      #expect(try bed.runtime(["run", "-d", "a"]).errors.contains("poststart hook failed"))
      let left = try run("sh", ["-c", "pgrep -f '[s]leep \(mark)'; true"]).output
      #expect(left == "")
    }
  }

  @Test("a frozen group is refused, and nothing in it is touched")
  func frozen() throws {
    try use { bed, stranger in
      let v1 = "/sys/fs/cgroup/freezer/\(stranger.group)/freezer.state"
      let isV1 = FileManager.default.fileExists(atPath: v1)
      let (file, on, off) =
        isV1 ? (v1, "FROZEN", "THAWED") : ("/sys/fs/cgroup/\(stranger.group)/cgroup.freeze", "1", "0")
      try run("sh", ["-c", "echo \(on) > \(file)"]).succeeding()
      defer { _ = try? run("sh", ["-c", "echo \(off) > \(file)"]) }
      try bed.write("true", config(stranger.group))
      #expect(try bed.runtime(["run", "a"]).errors.contains("unexpectedly frozen"))
      #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix(on))
    }
  }
}
