// `containr doctor` on this host, and on ones that lack something.
import ContainrTestSupport
import Foundation
import Testing

@Suite("The doctor", .asRoot)
struct DoctorTests {
  private struct Finding: Decodable {
    var subject: String
    var verdict: String
    var found: String
    var remedy: String?
  }

  private func findings(_ output: String) throws -> [String: Finding] {
    let all = try JSONDecoder().decode([Finding].self, from: Data(output.utf8))
    return Dictionary(uniqueKeysWithValues: all.map { ($0.subject, $0) })
  }

  @Test("On this host nothing is missing, what was tried is gone, and -q leaves out what is well")
  func here() throws {
    try Bed.use("services: {}\n") { bed in
      let state = try #require(bed.sandbox.environment["CONTAINR_STATE_DIR"])
      let parent = (state as NSString).deletingLastPathComponent
      let before = try FileManager.default.contentsOfDirectory(atPath: parent).sorted()
      let all = try findings(try bed.run("containr", ["doctor", "--json"]).succeeding().output)
      // Of v1 users are given nothing, unless somebody names a group.
      let cgroups = bed.sandbox.user == nil || Bed.isUnified ? ["cgroups"] : []
      for subject in ["isolation", "overlay", "bridge, veth", "nftables", "kernel"] + cgroups {
        #expect(all[subject]?.verdict == "ok", "\(subject): \(String(describing: all[subject]))")
      }
      #expect(!all.values.contains { $0.verdict == "missing" })
      #expect(try FileManager.default.contentsOfDirectory(atPath: parent).sorted() == before)
      let text = try bed.run("containr", ["doctor"]).succeeding().output
      #expect(text.contains("stacks can run here"))
      let quiet = try bed.run("containr", ["doctor", "--quiet"]).succeeding().output
      #expect(!quiet.split(separator: "\n").contains { $0.hasPrefix("ok ") })
    }
  }

  @Test(
    "What cannot be done is missing, with the kernel's reason and what to do: layers on an overlay, cgroups read-only")
  func lacking() throws {
    try Bed.use("services: {}\n") { bed in
      let program = try BuiltPrograms.path("containr")
      // In a mount namespace of its own: there the state directory is on an overlay, on which no other one can write, and the
      // trees of cgroups cannot be written to.
      let script = """
        set -e
        mount --make-rprivate /
        mkdir -p \(bed.path)/o/lower \(bed.path)/o/upper \(bed.path)/o/work \(bed.path)/o/all
        mount -t overlay overlay -o lowerdir=\(bed.path)/o/lower,upperdir=\(bed.path)/o/upper,workdir=\(bed.path)/o/work \(bed.path)/o/all
        # Nor is there who could do it in the kernel's place.
        [ ! -e /usr/bin/fuse-overlayfs ] || mount --bind /dev/null /usr/bin/fuse-overlayfs
        for tree in $(findmnt -rno TARGET -t cgroup,cgroup2); do mount -o remount,ro,bind $tree; done
        CONTAINR_STATE_DIR=\(bed.path)/o/all/state exec \(program) doctor --json
        """
      let end = try run("unshare", ["--mount", "sh", "-c", script], environment: bed.sandbox.environment)
      #expect(end.code == 2, "\(end)")
      let all = try findings(end.output)
      #expect(all["overlay"]?.verdict == "missing" && all["overlay"]?.remedy?.contains("CONTAINR_STATE_DIR") == true)
      #expect(all["cgroups"]?.found.contains("read-only") == true && all["cgroups"]?.verdict == "missing")
      #expect(all["nftables"]?.verdict == "ok")
    }
  }

  @Test(
    "An ordinary user is told what this host has for users; what was tried is gone; what is missing ends with code 2")
  func user() throws {
    let stack = "services: {a: {layers: [./base], command: [sleep, \"100000\"], stop_grace_period: 0s}}\n"
    try UserBed.use(stack, uid: 23011) { bed in
      let before = try FileManager.default.subpathsOfDirectory(atPath: bed.home).sorted()
      let end = try bed.asUser("containr", "doctor", "--json")
      #expect(end.code == 0, "\(end)")
      let all = try findings(end.output)
      for subject in ["user", "isolation", "overlay", "bridge, veth", "nftables", "user namespaces", "ids", "way out"] {
        #expect(all[subject]?.verdict == "ok", "\(subject): \(String(describing: all[subject]))")
      }
      #expect(all["newuidmap, newgidmap"]?.verdict == "ok" && all["user"]?.found.hasPrefix("tess-23011") == true)
      #expect(try FileManager.default.subpathsOfDirectory(atPath: bed.home).sorted() == before)
      // Nothing of a user's own stands because of it.
      #expect(try bed.processes().isEmpty)
      let hidden = try bed.asUser(
        "sh", "-c", "HOME= containr doctor --json", timeout: 60)
      #expect(hidden.code == 2, "\(hidden)")
      #expect(try findings(hidden.output)["user"]?.remedy == "export HOME=~")
      // The test's end looks for what a stack leaves.
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
    }
  }
}
