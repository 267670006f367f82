// A bundle of Debian's static busybox, a root for the runtime's records, and the built runtime.
import ContainrTestSupport
import Foundation
import Testing

/// Everything that one test of `containr-runtime` needs; removed in all cases.
final class BundleBed {
  let scratch: ScratchDirectory
  let program: String
  private let cgroup: String
  var bundle: String { scratch.path + "/bundle" }
  var root: String { scratch.path + "/state" }

  private init() throws {
    scratch = try ScratchDirectory("oci")
    program = try BuiltPrograms.path("containr-runtime")
    cgroup = "/containr-oci-\(UUID().uuidString.prefix(8))"
    for directory in ["bin", "etc", "proc", "sys", "dev", "tmp", "root"] {
      try FileManager.default.createDirectory(
        atPath: "\(bundle)/rootfs/\(directory)", withIntermediateDirectories: true)
    }
    // By another process: what is spawned meanwhile inherits a file that this one writes, and then it is busy.
    try ContainrTestSupport.run("cp", ["/bin/busybox", "\(bundle)/rootfs/bin/busybox"]).succeeding()
    for applet in [
      "sh", "cat", "true", "false", "id", "sleep", "ls", "stat", "echo", "readlink", "tty", "stty", "env", "grep", "tr",
      "wc", "kill", "touch", "tail", "uname", "ip", "setsid", "ionice", "head", "mkdir", "mount", "unshare",
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(bundle)/rootfs/bin/\(applet)", withDestinationPath: "busybox")
    }
  }

  /// Runs a test; whatever it leaves of containers is deleted, and told.
  static func use(_ body: (BundleBed) throws -> Void) throws {
    let bed = try BundleBed()
    defer {
      for id in (try? FileManager.default.contentsOfDirectory(atPath: bed.root)) ?? [] {
        _ = try? bed.runtime(["delete", "--force", id])
      }
      // Groups that a config named are never ours to remove; the test's own parent is.
      _ = try? ContainrTestSupport.run(
        "sh", ["-c", "rmdir /sys/fs/cgroup/*\(bed.cgroup) /sys/fs/cgroup\(bed.cgroup) 2>/dev/null"])
    }
    try body(bed)
  }

  /// Writes config.json: a shell script in namespaces of its own, changed by `change`.
  func write(_ script: String, _ change: (inout [String: Any]) -> Void = { _ in }) throws {
    var config: [String: Any] = [
      "ociVersion": "1.2.0",
      "process": [
        "args": ["sh", "-c", script], "cwd": "/", "env": ["PATH=/bin"], "user": ["uid": 0, "gid": 0],
        "capabilities": ["bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"]],
      ],
      "root": ["path": "rootfs"], "hostname": "box",
      "mounts": [
        ["destination": "/proc", "type": "proc", "source": "proc"],
        [
          "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755"],
        ],
        [
          "destination": "/dev/pts", "type": "devpts", "source": "devpts",
          "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
        ],
      ],
      "linux": [
        "namespaces": ["pid", "mount", "ipc", "uts", "network", "cgroup"].map { ["type": $0] },
        "cgroupsPath": "\(cgroup)/c",
      ],
    ]
    change(&config)
    let data = try JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys])
    try data.write(to: URL(fileURLWithPath: "\(bundle)/config.json"))
  }

  @discardableResult
  func runtime(_ words: [String], input: String = "") throws -> CommandResult {
    try Command(
      program, ["--root", root] + words, input: input, directory: URL(fileURLWithPath: bundle)
    ).wait()
  }

  func state(_ id: String) throws -> [String: Any] {
    let text = try runtime(["state", id]).succeeding().output
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Nothing of any container is there: no record, no cgroup, no mount.
  func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try runtime(["list", "-q"]).output == "", sourceLocation: sourceLocation)
    let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    #expect(!mounts.contains(scratch.path), sourceLocation: sourceLocation)
    let groups = try ContainrTestSupport.run("sh", ["-c", "ls -d /sys/fs/cgroup/*\(cgroup)/c 2>/dev/null; true"])
    #expect(groups.output == "", sourceLocation: sourceLocation)
  }
}
