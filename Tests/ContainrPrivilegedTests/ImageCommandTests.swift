// `containr image`: what is in the store, in and out as files, names, and what goes with the last of them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Images", .asRoot)
struct ImageCommandTests {
  private let sandbox: TestSandbox

  init() throws {
    sandbox = try TestSandbox()
    let script = """
      set -e; cd \(sandbox.directory.path)
      umoci init --layout layout; umoci new --image layout:v1; mkdir a b
      echo one >a/one; echo keep >a/keep; umoci insert --image layout:v1 a /srv
      echo two >b/two; umoci insert --image layout:v1 b /srv
      umoci insert --image layout:v1 --whiteout /srv/one
      umoci config --image layout:v1 --config.cmd /bin/sh --config.label tier=web --author me
      skopeo --insecure-policy copy -q oci:layout:v1 oci-archive:app.tar:example.org/app:v1
      """
    try ContainrTestSupport.run("sh", ["-c", script]).succeeding()
  }

  private func image(_ words: String..., input: String = "") throws -> CommandResult {
    try sandbox.run("containr", ["image"] + words, environment: ["NO_COLOR": "1"], input: input)
  }

  private func lines(_ result: CommandResult) throws -> [String] {
    try result.succeeding().output.split(separator: "\n").map(String.init)
  }

  @Test("load, ls, inspect and history tell what an archive brought")
  func looking() throws {
    let loaded = try image("load", "app.tar").succeeding()
    #expect(loaded.output.hasPrefix("loaded example.org/app:v1 in "))
    let id = try #require(try lines(try image("ls", "-q")).first)
    #expect(loaded.output.hasSuffix("\(id)\n"))
    #expect(try lines(try image("load", "-q", "app.tar")) == [id])
    let table = try lines(try image("ls"))
    #expect(table.count == 2 && table[1].hasPrefix("example.org/app  v1   \(id.dropFirst(7).prefix(12))"))
    #expect(try image("ls", "--format", "{{.Repository}}:{{.Tag}} {{.Layers}}").output == "example.org/app:v1 3\n")
    #expect(try lines(try image("ls", "-q", "--filter", "label=tier=db")).isEmpty)
    #expect(try lines(try image("ls", "-q", "*/app")).count == 1)
    let json = try image("inspect", String(id.dropFirst(7).prefix(8))).succeeding().output
    let all = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(all[0]["names"] as? [String] == ["example.org/app:v1"] && (all[0]["unpacked"] as? [String])?.count == 3)
    #expect((all[0]["config"] as? [String: Any])?["author"] as? String == "me")
    let history = try lines(try image("history", "example.org/app:v1"))
    #expect(history.count == 5 && history[1].contains("umoci config") && history[4].contains("umoci insert"))
    #expect(try lines(try image("diff", "example.org/app:v1")) == ["D /srv/one"])
    let missing = try image("inspect", "nothing")
    #expect(missing.code == 1 && missing.errors.contains("there is no image 'nothing' here"))
  }

  @Test("save writes what load and skopeo take, twice the same; a layout's directory needs a name")
  func saving() throws {
    let directory = sandbox.directory.path
    let nameless = try image("load", "layout").succeeding()
    #expect(nameless.output.contains("without a name") && nameless.errors.contains("containr image tag"))
    try image("load", "layout", "--name", "other:2").succeeding()
    try image("load", "app.tar").succeeding()
    try image("save", "-o", "one.tar", "other:2", "example.org/app:v1").succeeding()
    try image("save", "-o", "two.tar", "other:2", "example.org/app:v1").succeeding()
    try ContainrTestSupport.run("cmp", ["\(directory)/one.tar", "\(directory)/two.tar"]).succeeding()
    let inspected = try ContainrTestSupport.run(
      "skopeo", ["inspect", "--config", "docker-archive:\(directory)/one.tar:docker.io/library/other:2"])
    #expect(try inspected.succeeding().output.contains("/bin/sh"))
    try image("prune", "-af").succeeding()
    #expect(try lines(try image("ls", "-aq")).isEmpty)
    let back = try sandbox.runInShell("exec \(try BuiltPrograms.path("containr")) image load -q <one.tar").succeeding()
    #expect(back.output.split(separator: "\n").count == 1, "two names of one image: \(back)")
    #expect(try lines(try image("ls")).count == 3)
  }

  @Test("tag, rm and prune: the last name takes the image along, and what it alone had")
  func names() throws {
    try image("load", "app.tar").succeeding()
    try image("tag", "example.org/app:v1", "mine").succeeding()
    let id = try #require(try lines(try image("ls", "-q")).first)
    #expect(try lines(try image("rm", "example.org/app:v1")) == ["Untagged: example.org/app:v1"])
    #expect(try lines(try image("rm", "mine")) == ["Untagged: mine:latest", "Deleted: \(id)"])
    let state = sandbox.stateDirectory
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(state)/images/blobs/sha256").isEmpty)
    #expect(!FileManager.default.fileExists(atPath: "\(state)/layers"))
    let gone = try image("rm", "mine")
    #expect(gone.code == 1 && gone.errors.contains("there is no image 'mine' here"))
    try image("rm", "-f", "mine").succeeding()
    let asked = try image("prune")
    #expect(asked.code == 2 && asked.errors.contains("-f"))
  }

  @Test("import makes an image of a tar, with the instructions that it is given")
  func importing() throws {
    try ContainrTestSupport.run(
      "tar", ["-C", sandbox.directory.path + "/a", "-czf", sandbox.directory.path + "/root.tgz", "."]
    ).succeeding()
    try image("import", "-c", "CMD [\"/srv/run\"]", "-c", "ENV A=b", "-m", "why", "root.tgz", "made:1").succeeding()
    let text = try image("inspect", "made:1").succeeding().output
    #expect(text.contains(#""Env":["A=b"],"Cmd":["/srv/run"]"#) && text.contains(#""comment":"why""#))
    let wrong = try image("import", "-c", "RUN x", "root.tgz")
    #expect(wrong.code == 1 && wrong.errors.contains("'RUN' is no instruction here"))
    let bad = try image("import", "layout/index.json", "bad")
    #expect(bad.code == 1 && bad.errors.contains("not a readable tar"), "\(bad)")
    #expect(try lines(try image("ls", "-q")).count == 1)
  }

  @Test(
    "import takes what xz, bzip2, zstd and gzip packed, and knows what is damaged",
    arguments: ["xz", "bzip2", "zstd", "gzip"])
  func packed(_ packer: String) throws {
    let directory = sandbox.directory.path
    try ContainrTestSupport.run(
      "sh",
      [
        "-c",
        "cd \(directory); tar -C a -cf root.tar . && \(packer) -c root.tar >root.packed; head -c 60 root.packed >short",
      ]
    ).succeeding()
    try image("import", "root.packed", "made:1").succeeding()
    // The same tar, however it was packed: the image's files are its own.
    let files = try sandbox.runInShell("\(try BuiltPrograms.path("containr")) image export made:1 | tar -xOf - one")
      .succeeding()
    #expect(files.output == "one\n")
    let short = try image("import", "short", "bad")
    #expect(short.code == 1 && short.errors.contains("ends too early") || short.errors.contains("damaged"), "\(short)")
    // What is behind the first member belongs to it as well.
    try ContainrTestSupport.run(
      "sh",
      ["-c", "cd \(directory); head -c 4096 root.tar | \(packer) -c >two; tail -c +4097 root.tar | \(packer) -c >>two"]
    ).succeeding()
    try image("import", "two", "made:2").succeeding()
    #expect(try image("diff", "made:1", "made:2").succeeding().output == "")
  }

  @Test("import takes a tar from a web server, and export writes an image's files: what one writes the other takes")
  func fromTheWeb() throws {
    let directory = sandbox.directory.path
    try image("load", "app.tar").succeeding()
    try image("export", "-o", "files.tar", "example.org/app:v1").succeeding()
    let list = try ContainrTestSupport.run("tar", ["-tf", directory + "/files.tar"]).succeeding().output
    #expect(list.contains("srv/two") && !list.contains("srv/one"), "whiteouts are applied: \(list)")
    let server = try WebServer(of: directory)
    try image("import", "-c", "CMD [\"sh\"]", server.address + "/files.tar", "flat:1").succeeding()
    #expect(try image("ls", "--format", "{{.Repository}} {{.Layers}}", "flat").output == "flat 1\n")
    try image("export", "-o", "again.tar", "flat:1").succeeding()
    try ContainrTestSupport.run("cmp", ["\(directory)/files.tar", "\(directory)/again.tar"]).succeeding()
    let missing = try image("import", server.address + "/none.tar", "none")
    #expect(
      missing.code == 1 && missing.errors.contains("has no the file") || missing.errors.contains("none.tar"),
      "\(missing)")
    let secret = try image("import", "http://user:word@127.0.0.1:1/x.tar")
    #expect(secret.code != 0 && secret.errors.contains("user and a password"), "\(secret)")
    let unknown = try image("export", "nothing")
    #expect(unknown.code == 1 && unknown.errors.contains("there is no image 'nothing' here"), "\(unknown)")
  }

  @Test("mount shows an image's files, read-only, and keeps it until unmount")
  func mounting() throws {
    try image("load", "app.tar").succeeding()
    let point = sandbox.directory.path + "/point"
    try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: true)
    defer { _ = try? ContainrTestSupport.run("umount", ["-l", point]) }
    // A mount of a user's is there as long as something of the user's runs.
    let running = try sandbox.start("containr", ["metrics", "--listen", sandbox.directory.path + "/metrics.sock"])
    defer { running.signal(SIGKILL); _ = running.wait() }
    try eventually("it runs") { running.errorsSoFar.contains("metrics at ") }
    try image("mount", "example.org/app:v1", "point").succeeding()
    // A user's mounts are in the user's namespaces.
    let look = sandbox.besideContainers(["sh", "-c", "cat \(point)/srv/two; ls \(point)/srv/one; touch \(point)/new"])
    let seen = try sandbox.runInNetwork(look[0], Array(look.dropFirst()))
    #expect(seen.output == "two\n" && seen.errors.contains("one") && seen.errors.contains("Read-only"), "\(seen)")
    #expect(try image("mount").succeeding().output.contains(point))
    let kept = try image("rm", "example.org/app:v1")
    #expect(kept.code == 1 && kept.errors.contains("the mount at \(point)"), "\(kept)")
    try image("prune", "-af").succeeding()
    #expect(try lines(try image("ls", "-q")).count == 1)
    try image("unmount", "point").succeeding()
    #expect(try FileManager.default.contentsOfDirectory(atPath: point).isEmpty)
    #expect(try image("unmount", "point").code == 2)
    try image("rm", "example.org/app:v1").succeeding()
  }

  @Test("verify finds a changed bit, and --repair makes room for the next load")
  func verifying() throws {
    try image("load", "app.tar").succeeding()
    #expect(try image("verify").succeeding().output.contains("all are what their digests say"))
    let blobs = sandbox.stateDirectory + "/images/blobs/sha256"
    let layers = try image("inspect", "example.org/app:v1").succeeding().output
    let digest = try #require(layers.firstMatch(of: /"layers": \[\{"digest": "sha256:([0-9a-f]+)"/)?.1)
    let path = "\(blobs)/\(digest)"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[20] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    let found = try image("verify")
    #expect(found.code == 1 && found.output.contains("the blob sha256:\(digest) is damaged"))
    #expect(try image("verify", "--repair").code == 1)
    #expect(try image("load", "app.tar").succeeding().errors.contains("fetched"))
    try image("verify").succeeding()
  }

  @Test("a load that is killed leaves no image, and the next one is whole")
  func killed() throws {
    try ContainrTestSupport.run(
      "sh",
      [
        "-c",
        "cd \(sandbox.directory.path) && head -c 80000000 /dev/urandom >a/big && umoci insert --image layout:v1 a /big",
      ], timeout: 300
    ).succeeding()
    // Who stands still for a while may find it done: then once more.
    var wasKilled = false
    for _ in 0..<10 where !wasKilled {
      let load = try sandbox.start("containr", ["image", "load", "layout", "--name", "big"])
      try eventually("the load has begun") {
        let ingest = sandbox.stateDirectory + "/images/ingest"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: ingest)) ?? []
        return names.contains { $0.hasSuffix(".part") } || !load.isRunning
      }
      load.signal(SIGKILL)
      wasKilled = load.wait().code == 128 + SIGKILL
      if !wasKilled { try image("prune", "-af").succeeding() }
    }
    #expect(wasKilled)
    #expect(try lines(try image("ls", "-aq")).isEmpty)
    try image("load", "layout", "--name", "big").succeeding()
    try image("verify").succeeding()
    let ingest = try FileManager.default.contentsOfDirectory(atPath: sandbox.stateDirectory + "/images/ingest")
    #expect(ingest.isEmpty, "\(ingest)")
  }

  @Test("a full disk is an error, and what was there stays")
  func full() throws {
    let small = sandbox.directory.path + "/small"
    try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
    try ContainrTestSupport.run("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", small]).succeeding()
    defer { _ = try? ContainrTestSupport.run("umount", ["-l", small]) }
    let environment = ["CONTAINR_STATE_DIR": small + "/state"]
    try sandbox.run("containr", ["image", "load", "app.tar"], environment: environment).succeeding()
    try ContainrTestSupport.run(
      "sh",
      [
        "-c",
        "cd \(sandbox.directory.path) && head -c 9000000 /dev/urandom >a/big && umoci insert --image layout:v1 a /big",
      ]
    ).succeeding()
    let failed = try sandbox.run(
      "containr", ["image", "load", "layout", "--name", "big"], environment: environment)
    #expect(failed.code == 1 && failed.errors.contains("No space left on device"), "\(failed)")
    let left = try sandbox.run("containr", ["image", "ls", "-a"], environment: environment).succeeding().output
    #expect(left.contains("example.org/app") && !left.contains("big"))
    try sandbox.run("containr", ["image", "verify"], environment: environment).succeeding()
  }
}
