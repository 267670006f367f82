// Stacks of ordinary users inside containers, and of root inside a container of an ordinary user's.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Rootless inside a container", .serialized, .asRoot, .notAsUser("it runs as users of its own in every run"))
struct NestedUserTests {
  /// What `NestedJob.script` writes when all goes well.
  private static func isWell(_ result: CommandResult) -> Bool {
    let lines = result.output.split(separator: "\n")
    return result.code == 0 && lines.count == 5 && lines[0].hasPrefix("nothing to do") && lines[1] == "page"
      && lines[2].hasSuffix("found") && lines[3...] == ["0", "0"]
  }

  /// A user with ranges, in a container that has none yet; /dev/net/tun is whose it is on the host.
  private static let user = """
    echo app:100000:65536 > /etc/subuid; echo app:100000:65536 > /etc/subgid
    mkdir -p /home/app; chown 1000:1000 /home/app; chmod 666 /dev/net/tun; chown 1000:1000 /job
    """

  @Test("an ordinary user inside a privileged container of root's has stacks, with the ids of the user inside")
  func userInRoots() throws {
    try Bed.use { bed in
      try bed.write(try NestedJob.stack())
      try bed.sandbox.directory.write(NestedJob.inner, to: "job/stack.yaml")
      try bed.up()
      func inside(_ words: String...) throws -> CommandResult {
        try bed.run("containr", ["exec", "-T", "-f", Bed.file] + words, timeout: 300)
      }
      try inside("ci", "sh", "-c", Self.user).succeeding()
      let all = try inside("-u", "1000:1000", "-w", "/job", "-e", "HOME=/home/app", "ci", "sh", "-c", NestedJob.script)
      #expect(Self.isWell(all), "\(all)")
      try eventually("no process of the user is left") {
        try inside("ci", "sh", "-c", "ps -o user | grep -c app || true").output == "0\n"
      }
      #expect(try inside("ci", "ls", "-A", "/home/app/.local/share/containr").output == "")
    }
  }

  @Test(
    "its home may lie on the container's own overlay: a server makes the files of its containers, and goes with them")
  func userOnOverlay() throws {
    try Bed.use { bed in
      try bed.write(try NestedJob.stack().replacingOccurrences(of: ", \"home:/home\"", with: ""))
      try bed.sandbox.directory.write(NestedJob.inner, to: "job/stack.yaml")
      try bed.up()
      func inside(_ words: String...) throws -> CommandResult {
        try bed.run("containr", ["exec", "-T", "-f", Bed.file] + words, timeout: 300)
      }
      func asUser(_ script: String) throws -> CommandResult {
        try inside("-u", "1000:1000", "-w", "/job", "-e", "HOME=/home/app", "ci", "sh", "-c", script)
      }
      try inside("ci", "sh", "-c", Self.user).succeeding()
      let refused = try asUser("containr-up -d -y stack.yaml")
      #expect(refused.code == 2 && refused.errors.contains("/dev/fuse cannot be opened"), "\(refused)")
      try inside("ci", "chmod", "666", "/dev/fuse").succeeding()
      let warned = try asUser("containr plan stack.yaml")
      #expect(warned.errors.contains("warning[state-through-fuse]"), "\(warned)")
      let all = try asUser(NestedJob.script)
      #expect(Self.isWell(all), "\(all)")
      try eventually("no process of the user is left") {
        try inside("ci", "sh", "-c", "ps -o user | grep -c app || true").output == "0\n"
      }
      #expect(try inside("ci", "ls", "-A", "/home/app/.local/share/containr").output == "")
    }
  }

  @Test("root inside a privileged container of an ordinary user's has stacks, without limits")
  func rootInUsers() throws {
    try UserBed.use(try NestedJob.stack(), uid: 23029) { bed in
      try bed.sandbox.directory.write(NestedJob.inner, to: "home/stack/job/stack.yaml")
      try ContainrTestSupport.run("chown", ["-R", "\(bed.uid):\(bed.uid)", bed.home + "/stack/job"]).succeeding()
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      let all = try bed.asUser(
        "containr", "exec", "-T", "-w", "/job", "ci", "sh", "-c", NestedJob.script, timeout: 300)
      #expect(Self.isWell(all), "\(all)")
      let doctor = try bed.asUser("containr", "exec", "-T", "ci", "containr", "doctor")
      #expect(doctor.code == 0 && doctor.output.contains("note     cgroups"), "\(doctor)")
      #expect(try bed.asUser("containr", "exec", "-T", "ci", "ls", "/sys/class/net").output == "eth0\nlo\n")
    }
  }
}
