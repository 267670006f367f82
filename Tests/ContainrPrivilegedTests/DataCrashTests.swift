// SIGKILL while data is brought somewhere: into a volume at its first use, in its place by a restore, images by a load and by the
// pull of an `up`. What is there is always the old or the new, whole; the same command again ends well.
import ContainrTestSupport
import Foundation
import Testing

// Not serialized: each test has a sandbox of its own.
@Suite("Crash safety of data", .asRoot)
struct DataCrashTests {
  /// Kills a command at `rounds` of its system calls that nobody chose, and at each of the last ones.
  private func kill(
    _ bed: Bed, _ name: String, rounds: Int, last: Int = 0, _ program: String, _ arguments: [String],
    before: () throws -> Void, after: (String) throws -> Void
  ) throws {
    var choices = CrashChoices(name)
    try before()
    let (code, count) = try SyscallKiller.run(bed, until: 0, program, arguments)
    guard code == 0, count > 100 else { throw TestSupportError("\(name): code \(code), \(count) system calls") }
    try after("\(name) ended by itself")
    let chosen = (0..<CrashChoices.rounds(rounds)).map { _ in Int.random(in: 1...count, using: &choices) }
    for number in chosen + (max(1, count - last)..<count) {
      let words = "\(name) killed at system call \(number) of \(count), seed \(choices.seed)"
      do {
        try before()
        let (code, _) = try SyscallKiller.run(bed, until: number, program, arguments)
        guard code == 128 + SIGKILL || code == 0 else { throw TestSupportError("\(words): code \(code)") }
        try after(words)
      } catch { Issue.record(error) }
    }
  }

  private func mountpoint(_ bed: Bed, _ name: String) -> String {
    "\(bed.sandbox.stateDirectory)/volumes/\(name)/_data"
  }

  @Test(
    "a restore that is killed anywhere leaves the old data or the new, whole; the next one leaves nothing beside it")
  func restore() throws {
    try Bed.use { bed in
      for (name, text) in [("old", "old\n"), ("new", "new\n")] {
        for number in 1...20 { try bed.sandbox.directory.write(text, to: "\(name)/\(number)") }
        try bed.shell("tar -C \(bed.path)/\(name) -cf \(bed.path)/\(name).tar .")
      }
      func restore(_ name: String) throws {
        try bed.run("containr", ["volume", "restore", "v", "-i", name + ".tar"]).succeeding()
      }
      try kill(
        bed, "volume restore", rounds: 12, last: 40, "containr-cli",
        ["volume", "restore", "v", "-i", bed.path + "/new.tar"]
      ) {
        try restore("old")
      } after: { words in
        let texts = try Set((1...20).map { try bed.read(mountpoint(bed, "v") + "/\($0)") })
        #expect(texts == ["old\n"] || texts == ["new\n"], "\(words): \(texts)")
        try restore("new")
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(bed.sandbox.stateDirectory)/volumes/v")
          .sorted()
        #expect(left == ["_data"], "\(words): \(left)")
        #expect(try bed.read(mountpoint(bed, "v") + "/7") == "new\n")
      }
      try bed.run("containr", ["volume", "rm", "v"]).succeeding()
    }
  }

  @Test("a volume that is filled at its first use by an up that dies at any boundary is filled whole by the next one")
  func firstUse() throws {
    try Bed.use { bed in
      for number in 1...5 { try bed.sandbox.directory.write("\(number)\n", to: "more/data/\(number)") }
      try bed.write(
        """
        services:
          web:
            layers: [./base, ./more]
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            network_mode: none
            volumes: ["data:/data", /data/more]
        volumes: { data: {} }
        """)
      let up = ["-d", "-y", Bed.file]
      let record = bed.path + "/boundaries"
      try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(record)"]).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init).filter {
        $0.hasPrefix("volume ") || $0.hasPrefix("store:volumes")
      }
      let anonymous = boundaries.filter { $0.contains("t-web-1.") }
      #expect(boundaries.filter { $0.hasPrefix("volume t_data:") }.count == 3 && anonymous.count == 2, "\(boundaries)")
      for boundary in boundaries where !anonymous.contains(boundary) {
        try bed.down("-v")
        let died = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": boundary])
        #expect(died.code == 128 + SIGKILL, "\(boundary): \(died)")
        try bed.run("containr-up", up).succeeding()
        let names = try FileManager.default.contentsOfDirectory(atPath: mountpoint(bed, "t_data")).sorted()
        #expect(names == ["1", "2", "3", "4", "5", "more"], "\(boundary): \(names)")
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(bed.sandbox.stateDirectory)/volumes/t_data")
        #expect(left == ["_data"], "\(boundary): \(left)")
        let all = try bed.run("containr", ["volume", "ls", "-q"]).succeeding().output.split(separator: "\n")
        #expect(all.count == 2, "\(boundary): no second anonymous one: \(all)")
        #expect(try bed.plan().hasPrefix("nothing to do"), "\(boundary)")
      }
    }
  }

  @Test("an image load that is killed anywhere leaves no half image, and the next one is whole")
  func load() throws {
    try Bed.use { bed in
      try bed.shell("cd \(bed.path); mkdir -p one two; head -c 300000 /dev/urandom >one/a; echo two >two/b")
      try ImageLayout(directory: bed.path + "/layout").add("demo", layers: ["\(bed.path)/one", "\(bed.path)/two"])
      try bed.shell("cd \(bed.path); skopeo --insecure-policy copy -q oci:layout:demo oci-archive:demo.tar:demo:1")
      let state = bed.sandbox.stateDirectory
      try kill(bed, "image load", rounds: 14, last: 20, "containr-cli", ["image", "load", bed.path + "/demo.tar"]) {
        if bed.exists(state) { try FileManager.default.removeItem(atPath: state) }
      } after: { words in
        // What the index leads to is whole, at any moment.
        let verified = try bed.run("containr", ["image", "verify"])
        #expect(verified.code == 0, "\(words): \(verified)")
        try bed.run("containr", ["image", "load", "demo.tar"]).succeeding()
        try bed.run("containr", ["image", "verify"]).succeeding()
        let ingest = try FileManager.default.contentsOfDirectory(atPath: state + "/images/ingest")
        let temporary = try FileManager.default.contentsOfDirectory(atPath: state + "/layers").filter {
          $0.hasPrefix(".tmp-")
        }
        #expect(ingest.isEmpty && temporary.isEmpty, "\(words): \(ingest) \(temporary)")
      }
      try FileManager.default.removeItem(atPath: state)
    }
  }

  @Test("an up whose pull is killed anywhere: the next up goes on, and nothing is left on its way")
  func pull() throws {
    let registry = try TestRegistry(.http, try RegistryMaterial())
    let sandbox = try TestSandbox()
    let path = sandbox.directory.path
    try BaseLayer.make(at: sandbox.directory.url.appendingPathComponent("base"))
    try run("sh", ["-c", "head -c 300000 /dev/urandom >\(path)/base/random"]).succeeding()
    try ImageLayout(directory: path + "/layout").add(
      "demo", layers: [path + "/base"], config: #"{"Cmd":["sleep","1000"]}"#)
    let name = "\(registry.address)/demo:1"
    try run("skopeo", ["copy", "-q", "--dest-tls-verify=false", "oci:\(path)/layout:demo", "docker://\(name)"])
      .succeeding()
    try sandbox.directory.write(
      "name: t\nservices: {web: {image: '\(name)', network_mode: none, stop_signal: SIGKILL}}\n", to: "stack.yaml")
    let up = ["-d", "-y", "\(path)/stack.yaml"]
    func clear() throws {
      try sandbox.run("containr-down", ["-p", "t", "-v", "-y", "-t", "1"]).succeeding()
      if FileManager.default.fileExists(atPath: sandbox.stateDirectory) {
        try FileManager.default.removeItem(atPath: sandbox.stateDirectory)
      }
    }
    var choices = CrashChoices("pull of an up")
    let words = ([try BuiltPrograms.path("containr-up")] + up).joined(separator: " ")
    func killed(at number: Int) throws -> Int {
      _ = try sandbox.runInShell("exec \(try SyscallKiller.path()) \(number) \(path)/count \(words)")
      return Int(try String(contentsOfFile: path + "/count", encoding: .utf8).trimmingCharacters(in: .newlines)) ?? 0
    }
    let count = try killed(at: 0)
    #expect(count > 500)
    for _ in 0..<CrashChoices.rounds(8) {
      try clear()
      let number = Int.random(in: 1...count, using: &choices)
      let what = "killed at \(number) of \(count), seed \(choices.seed)"
      _ = try killed(at: number)
      let again = try sandbox.run("containr-up", up)
      #expect(again.code == 0, "\(what): \(again)")
      #expect(try sandbox.run("containr", ["plan", "stack.yaml"]).output.hasPrefix("nothing to do"), "\(what)")
      try sandbox.run("containr", ["image", "verify"]).succeeding()
      let ingest = try FileManager.default.contentsOfDirectory(atPath: sandbox.stateDirectory + "/images/ingest")
      #expect(ingest.isEmpty, "\(what): \(ingest)")
    }
    try clear()
    for failure in sandbox.removeEverything() { Issue.record("clean-up: \(failure)") }
  }
}
