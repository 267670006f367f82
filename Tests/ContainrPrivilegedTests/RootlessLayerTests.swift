// Layers as an ordinary user: overlayfs keeps its marks elsewhere there, and without them no directory of an image can be
// removed, made anew or hidden by a layer above.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Layers of an ordinary user", .serialized, .asRoot, .notAsUser("it runs as users of its own in every run"))
struct RootlessLayerTests {
  private static let own = """
    services:
      web:
        layers: [./base, ./more]
        command: [sleep, "100000"]
        stop_grace_period: 0s

    """

  @Test("a directory of the layers can be removed, made anew and renamed, and is as it was left after a start")
  func directories() throws {
    try UserBed.use(Self.own, uid: 23027) { bed in
      try bed.sandbox.directory.write("old\n", to: "home/stack/more/data/old")
      try bed.sandbox.directory.write("old\n", to: "home/stack/more/inner/deep/old")
      try ContainrTestSupport.run("chown", ["-R", "\(bed.uid):\(bed.uid)", bed.home + "/stack/more"]).succeeding()
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      func inside(_ script: String) throws -> CommandResult {
        try bed.asUser("containr", "exec", "-T", "web", "sh", "-c", script)
      }
      try inside("rm -r /data /inner/deep && mkdir /data /inner/deep && echo new > /data/new").succeeding()
      // rename(2) itself: mv(1) copies where that fails.
      let pid = "\(try bed.pid(of: "web"))"
      let rename = "import os; os.mkdir('fresh'); os.rename('fresh', 'named')"
      let words = ["--user", "-S", "0", "-G", "0", "--wd=/proc/\(pid)/root", "python3", "-c", rename]
      try ContainrTestSupport.run("nsenter", ["-t", pid] + words).succeeding()
      let look = "find /data /inner /named | sort"
      let there = "/data\n/data/new\n/inner\n/inner/deep\n/named\n"
      #expect(try inside(look).output == there)
      try bed.asUser("containr", "restart", "-t", "0", "web").succeeding()
      #expect(try inside(look).output == there)
      // What looks at the layers without the container sees the same.
      try bed.asUser("containr", "stop", "-t", "0", "web").succeeding()
      let copied = try bed.asUser("containr", "cp", "web:/data", "./data").succeeding()
      #expect(try FileManager.default.contentsOfDirectory(atPath: bed.home + "/stack/data") == ["new"], "\(copied)")
      try bed.asUser("containr", "start", "web").succeeding()
    }
  }

  @Test("a layer of an image that hides a directory hides it, in a container and in what is told of the image")
  func opaque() throws {
    let stack =
      "services: {web: {image: \"example.org/app:v1\", pull_policy: never, command: [sleep, \"100000\"], stop_grace_period: 0s}}\n"
    try UserBed.use(stack, uid: 23028) { bed in
      let script = """
        set -e; cd \(bed.sandbox.directory.path); mkdir -p work/a/srv work/b; cd work
        umoci init --layout layout; umoci new --image layout:v1
        umoci insert --image layout:v1 \(bed.home)/stack/base /
        echo one >a/srv/one; umoci insert --image layout:v1 a/srv /srv/dir
        echo two >b/two; umoci insert --image layout:v1 --opaque b /srv/dir
        skopeo --insecure-policy copy -q oci:layout:v1 oci-archive:app.tar:example.org/app:v1
        cp app.tar ../home/stack/app.tar; chown \(bed.uid):\(bed.uid) ../home/stack/app.tar
        """
      try ContainrTestSupport.run("sh", ["-c", script]).succeeding()
      try bed.asUser("containr", "image", "load", "app.tar").succeeding()
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      #expect(try bed.asUser("containr", "exec", "-T", "web", "ls", "-A", "/srv/dir").output == "two\n")
      let changes = try bed.asUser("containr", "image", "diff", "example.org/app:v1").succeeding().output
      #expect(changes.contains("D /srv/dir/one\n") && changes.contains("A /srv/dir/two\n"), "\(changes)")
    }
  }
}
