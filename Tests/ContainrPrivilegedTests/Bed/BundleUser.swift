// An ordinary user of the host with a bundle: the program, the bundle and a run directory are that user's.
import ContainrTestSupport
import Foundation
import Testing

struct BundleUser {
  private let bed: BundleBed
  let uid: Int
  private let program: String

  /// Gives a bed's bundle away. The build may stand where others cannot go: the program is a copy.
  init(_ bed: BundleBed) throws {
    self.bed = bed
    uid = 21_000 + Int(getpid()) % 900
    program = bed.scratch.path + "/containr-runtime"
    try ContainrTestSupport.run("cp", [bed.program, program]).succeeding()
    try FileManager.default.createDirectory(atPath: bed.scratch.path + "/run", withIntermediateDirectories: false)
    try ContainrTestSupport.run("chown", ["-R", "\(uid):\(uid)", bed.bundle, bed.scratch.path + "/run"]).succeeding()
    chmod(bed.scratch.path, 0o755)
  }

  /// The runtime as this user, in the bundle. `environment`: words of env(1), beside those that it needs.
  @discardableResult
  func runtime(_ words: String..., environment: [String] = []) throws -> CommandResult {
    try ContainrTestSupport.run(
      "setpriv",
      [
        "--reuid=\(uid)", "--regid=\(uid)", "--clear-groups", "env", "-i", "-C", bed.bundle, "PATH=/usr/bin:/bin",
        "XDG_RUNTIME_DIR=\(bed.scratch.path)/run",
      ] + environment + [program] + words)
  }

  /// Has the bundle's config, which `spec` has written, run a script.
  func write(_ script: String) throws {
    let path = URL(fileURLWithPath: bed.bundle + "/config.json")
    var config = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
    var process = try #require(config["process"] as? [String: Any])
    (process["terminal"], process["args"], process["env"]) = (false, ["sh", "-c", script], ["PATH=/bin"])
    config["process"] = process
    try JSONSerialization.data(withJSONObject: config).write(to: path)
  }
}
