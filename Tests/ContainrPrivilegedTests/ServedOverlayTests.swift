// State directories where the kernel's overlay cannot write: fuse-overlayfs makes what containers have for a root. Numbers from
// 23051 on.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Overlays that a server makes", .serialized, .asRoot, .notAsUser("it runs as users of its own in every run"))
struct ServedOverlayTests {
  @Test("as root: what images hide stays hidden, what is written stays, a server's death is told, and nothing is left")
  func root() throws {
    try Bed.use(ServedJob.stack) { bed in
      try ServedJob.makeLayers(in: bed.path)
      let begin = try Self.begin(bed)
      let all = try bed.sandbox.runAsCaller(Self.apart + [begin + ServedJob.script], timeout: 300)
      #expect(all.code == 0 && all.output == ServedJob.words, "\(all)")
    }
  }

  @Test("as an ordinary user: the same")
  func user() throws {
    try UserBed.use(ServedJob.stack, uid: 23051) { bed in
      let all = try Self.run(ServedJob.script, bed, mode: "666")
      #expect(all.code == 0 && all.output == ServedJob.words, "\(all)")
    }
  }

  @Test("a user's killed holder: the next up ends what is left, servers as well, and begins anew with what was written")
  func holder() throws {
    let script =
      ServedJob.functions + """
        up() { containr-up -d --wait -y stack.yaml > up.log 2>&1 || { cat up.log; exit 1; }; }
        up
        containr exec -T web sh -c 'echo written > /file'
        first=$(server)
        kill -9 $(cut -d' ' -f1 $XDG_RUNTIME_DIR/containr/rootless)
        up
        echo left: $(server | grep -x "$first")
        containr exec -T web cat /file
        containr plan stack.yaml | head -n 1 | cut -c -13
        containr-down -v -y stack.yaml > down.log 2>&1 || { cat down.log; exit 1; }
        until [ -z "$(server)" ]; do sleep 0.05; done

        """
    try UserBed.use(ServedJob.stack, uid: 23054) { bed in
      let all = try Self.run(script, bed, mode: "666")
      #expect(all.code == 0 && all.output == "left:\nwritten\nnothing to do\n", "\(all)")
    }
  }

  @Test("a policy starts again whose server was killed, with what it had written; events say why it ended")
  func again() throws {
    try Bed.use(ServedJob.stack) { bed in
      try ServedJob.makeLayers(in: bed.path)
      try bed.edit("stop_grace_period: 0s", "stop_grace_period: 0s\n    restart: always")
      let script = """
        containr-up -d --wait -y stack.yaml > up.log 2>&1 || { cat up.log; exit 1; }
        containr exec -T web sh -c 'echo written > /file'
        first=$(server)
        kill -9 $first
        until now=$(server) && [ -n "$now" ] && [ "$now" != "$first" ]; do sleep 0.05; done
        until containr exec -T web cat /file 2> /dev/null; do sleep 0.05; done
        containr events --since 10m --until $(($(date +%s) + 1)) | grep -o 'reason=files-lost'
        containr-down -v -y stack.yaml > down.log 2>&1 || { cat down.log; exit 1; }

        """
      let all = try bed.sandbox.runAsCaller(
        Self.apart + [try Self.begin(bed) + ServedJob.functions + script], timeout: 300)
      #expect(all.code == 0 && all.output == "written\nreason=files-lost\n", "\(all)")
    }
  }

  @Test("where the server cannot be had the start is refused with a way out, before anything is made")
  func refused() throws {
    let start = "containr-up -d -y stack.yaml"
    try UserBed.use(ServedJob.stack, uid: 23052) { bed in
      let up = try Self.run(start, bed, mode: "600")
      #expect(up.code == 2 && up.errors.contains("error[state-on-overlay]"), "\(up)")
      #expect(up.errors.contains("/dev/fuse cannot be opened") && up.errors.contains("CONTAINR_STATE_DIR="), "\(up)")
      try eventually("nothing of it is left") { try bed.processes().isEmpty }
    }
    try UserBed.use(ServedJob.stack, uid: 23053, hidden: ["fuse-overlayfs"]) { bed in
      let up = try Self.run(start, bed, mode: "666")
      #expect(up.code == 2 && up.errors.contains("error[state-on-overlay]"), "\(up)")
      #expect(up.errors.contains("apt-get install fuse-overlayfs"), "\(up)")
      let one = try Self.run("containr run --layer ./base -- true", bed, mode: "666")
      #expect(one.code != 0 && one.errors.contains("apt-get install fuse-overlayfs"), "\(one)")
      let doctor = try Self.run("containr doctor", bed, mode: "666")
      #expect(doctor.code == 2 && doctor.output.contains("missing  fuse-overlayfs"), "\(doctor)")
      try eventually("nothing of it is left") { try bed.processes().isEmpty }
    }
  }

  @Test("what a server cannot do is refused at its line; doctor says how it is")
  func limits() throws {
    try Bed.use(ServedJob.stack) { bed in
      try ServedJob.makeLayers(in: bed.path)
      try bed.edit("stop_grace_period: 0s", "userns_mode: auto")
      let begin = try Self.begin(bed)
      let up = try bed.sandbox.runAsCaller(Self.apart + [begin + "containr-up -d -y stack.yaml"])
      #expect(up.code == 2 && up.errors.contains("error[fuse-user-namespace]"), "\(up)")
      #expect(up.errors.contains("stack.yaml:7:"), "\(up)")
      // The root of a container for which a server made it.
      let (one, other) = ("\(bed.path)/o/all/one", "\(bed.path)/o/all/other")
      let second = """
        mkdir -p \(one) \(other)/lower \(other)/upper \(other)/work
        fuse-overlayfs -o lowerdir=\(other)/lower,upperdir=\(other)/upper,workdir=\(other)/work \(one) 2> /dev/null
        CONTAINR_STATE_DIR=\(one)/state containr-up -d -y stack.yaml; echo $?; umount \(one)

        """
      let nested = try bed.sandbox.runAsCaller(Self.apart + [begin + second])
      #expect(nested.output == "2\n" && nested.errors.contains("error[state-on-overlay]"), "\(nested)")
      #expect(nested.errors.contains("another fuse-overlayfs"), "\(nested)")
      let doctor = try bed.sandbox.runAsCaller(Self.apart + [begin + "containr doctor"])
      #expect(
        doctor.output.contains("warning  fuse-overlayfs") && doctor.output.contains("ok       overlay"), "\(doctor)")
    }
  }

  /// What root's scripts begin with.
  private static func begin(_ bed: Bed) throws -> String {
    let programs = URL(fileURLWithPath: try BuiltPrograms.path("containr")).deletingLastPathComponent().path
    return try ServedJob.mounts(at: bed.path + "/o", mode: "600")
      + "export CONTAINR_STATE_DIR=\(bed.path)/o/all/state PATH=\(programs):$PATH NO_COLOR=1\n"
  }

  private static let apart = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]

  /// A script of the user's, in its stack's directory, in a mount namespace in which /dev/fuse has a mode.
  private static func run(_ script: String, _ bed: UserBed, mode: String) throws -> CommandResult {
    let stack = bed.home + "/stack"
    if !FileManager.default.fileExists(atPath: stack + "/top.tar") { try ServedJob.makeLayers(in: stack) }
    let place = bed.path + "/o"
    let begin = try ServedJob.mounts(at: place, mode: mode)
    try ContainrTestSupport.run("chown", ["-R", "\(bed.uid):\(bed.uid)", place, stack]).succeeding()
    try bed.sandbox.directory.write(
      "export CONTAINR_STATE_DIR=\(place)/all/state NO_COLOR=1\n" + script, to: "home/job.sh", mode: 0o755)
    let words = "cd \(stack); exec \(bed.path)/as-user \(bed.uid) sh \(bed.home)/job.sh"
    return try bed.sandbox.runInNetwork(apart[0], Array(apart.dropFirst()) + [begin + words], timeout: 300)
  }
}
