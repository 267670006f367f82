// stack.lock: what a stack ran is what it runs, or somebody is told.
import ContainrTestSupport
import Foundation
import Testing

@Suite("The lock file of a stack", .serialized, .asRoot)
struct LockTests {
  private static let stack = """
    services:
      a: { layers: [./base.tar], command: [sleep, "100000"], stop_signal: SIGKILL }
      b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      c: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, profiles: [more] }
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.write(Self.stack)
      try body(bed)
    }
  }

  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult { try bed.run("containr", words) }

  @Test("lock writes both kinds of layers, check finds them, a layer that differs stops plan and up with both digests")
  func locked() throws {
    try use { bed in
      let made = try containr(bed, "lock").succeeding()
      #expect(made.output.hasSuffix("stack.lock: 2 layers\n"), "\(made)")
      let text = try bed.read("stack.lock")
      let archive = try run("sha256sum", [bed.path + "/base.tar"]).succeeding().output.prefix(64)
      #expect(text.contains("\n  \"./base.tar\": sha256:\(archive)\n"), "\(text)")
      #expect(text.contains("\n  \"./base\": tree-sha256:"), "\(text)")
      #expect(try containr(bed, "lock", "--check").code == 0)
      #expect(try containr(bed, "lock").output == "stack.lock: 2 layers, nothing changed\n")
      try bed.up("--frozen")
      let pids = try bed.pids()
      // The same contents under other owners, times and permissions are the same.
      try run("sh", ["-c", "cd \(bed.path)/base && chown -R 7:7 etc && chmod g+w etc/passwd && touch etc/*"])
        .succeeding()
      #expect(try containr(bed, "lock", "--check").code == 0)
      // Others are not.
      try bed.sandbox.directory.write("other\n", to: "base/etc/motd")
      let check = try containr(bed, "lock", "--check")
      #expect(check.code == 2 && check.errors.contains("~ ./base tree-sha256:"), "\(check)")
      try bed.edit(
        "b: { layers: [./base], command: [sleep, \"100000\"]", "b: { layers: [./base], command: [sleep, \"5000\"]")
      let plan = try containr(bed, "plan", Bed.file)
      #expect(
        plan.code == 3 && plan.errors.contains("error[lock-mismatch]: service b: layer base is tree-sha256:"), "\(plan)"
      )
      #expect(plan.errors.contains("and stack.lock says tree-sha256:"), "\(plan)")
      #expect(plan.errors.contains("containr lock update b") && plan.errors.contains("--> stack.yaml:4:16"), "\(plan)")
      #expect(try bed.tryUp().code == 2)
      #expect(try bed.pids() == pids)
      // The way out. Only the entry of this service changes.
      let update = try containr(bed, "lock", "update", "b").succeeding()
      #expect(
        update.output.hasPrefix("~ ./base tree-sha256:") && update.output.hasSuffix("stack.lock: 2 layers\n"),
        "\(update)")
      #expect(try bed.read("stack.lock").contains("sha256:\(archive)\n"))
      try bed.up()
      #expect(try bed.pids()["a-1"] == pids["a-1"])
    }
  }

  @Test("an archive that was built anew is told before its containers are made anew")
  func archive() throws {
    try use { bed in
      try containr(bed, "lock").succeeding()
      try bed.up()
      let pids = try bed.pids()
      try bed.sandbox.directory.write("second\n", to: "base/etc/edition")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("layer base.tar is sha256:"), "\(up)")
      #expect(try bed.pids() == pids)
    }
  }

  @Test("--frozen asks for a lock file and for every layer in it, also where nothing is to be done")
  func frozen() throws {
    try use { bed in
      for (program, words, code) in [
        ("containr-up", ["-d", "-y", "--frozen", Bed.file], Int32(2)), ("containr", ["plan", "--frozen", Bed.file], 3),
        ("containr", ["check", "--frozen", Bed.file], 2),
      ] {
        let result = try bed.run(program, words)
        #expect(result.code == code && result.errors.contains("there is no lock file stack.lock"), "\(result)")
      }
      #expect(try containr(bed, "lock", "--check").code == 2)
      try bed.up()
      try bed.sandbox.directory.write("version: 1\nlayers:\n", to: "stack.lock")
      // Without --frozen what is not in it is free.
      #expect(try bed.plan().hasPrefix("nothing to do"))
      for (program, words, code) in [
        ("containr-up", ["-d", "-y", "--frozen", Bed.file], Int32(2)), ("containr", ["plan", "--frozen", Bed.file], 3),
        ("containr", ["check", "--frozen", Bed.file], 2),
      ] {
        let result = try bed.run(program, words)
        #expect(result.code == code, "\(result)")
        for layer in ["base.tar", "base"] {
          #expect(result.errors.contains("layer \(layer) is not in stack.lock"), "\(result)")
        }
      }
      try containr(bed, "lock").succeeding()
      #expect(try containr(bed, "check", "--frozen", Bed.file).code == 0)
      #expect(try containr(bed, "plan", "--frozen", Bed.file).code == 0)
      #expect(try bed.run("containr-up", ["-d", "-y", "--frozen", Bed.file]).code == 0)
    }
  }

  @Test("--frozen tells of a layer that is gone or cannot be read, also of a service of which nothing is to be made")
  func frozenLayers() throws {
    try use { bed in
      try containr(bed, "lock").succeeding()
      try bed.up("--frozen")
      try FileManager.default.removeItem(atPath: bed.path + "/base.tar")
      #expect(try containr(bed, "plan", Bed.file).code == 0, "what runs needs it no more")
      for (program, words, code) in [
        ("containr-up", ["-d", "-y", "--frozen", Bed.file], Int32(2)), ("containr", ["plan", "--frozen", Bed.file], 3),
      ] {
        let result = try bed.run(program, words)
        #expect(result.code == code && result.errors.contains("error[missing-layer]: service a: layer "), "\(result)")
        #expect(
          result.errors.contains("base.tar does not exist") && result.errors.contains("stack.yaml:3:"), "\(result)")
      }
      try run("ln", ["-s", "/proc/self/mem", bed.path + "/base.tar"]).succeeding()
      let check = try containr(bed, "check", "--frozen", Bed.file)
      #expect(check.code == 2 && check.errors.contains("base.tar cannot be read: "), "\(check)")
      let lock = try containr(bed, "lock")
      #expect(lock.code == 2 && lock.errors.contains("base.tar cannot be read: "), "\(lock)")
      try bed.down()
      let plan = try containr(bed, "plan", "--frozen", Bed.file)
      #expect(plan.code == 3 && plan.errors.contains("error[unreadable-layer]: service a: layer "), "\(plan)")
    }
  }

  @Test("a saved plan is held against the lock file that it was made beside, also behind a link to the directory")
  func savedPlan() throws {
    try use { bed in
      try bed.shell(
        "mkdir -p \(bed.path)/there/real && mv \(bed.path)/base.tar \(bed.path)/there/ && ln -s there/real \(bed.path)/link"
      )
      let text =
        "name: t\nservices: { a: { layers: [../there/base.tar], command: [sleep, \"100000\"], stop_signal: SIGKILL } }\n"
      try bed.sandbox.directory.write(text, to: "there/real/stack.yaml")
      try containr(bed, "lock", "-f", "link/stack.yaml").succeeding()
      #expect(try bed.read("there/real/stack.lock").contains("\"../there/base.tar\""))
      let plan = try containr(bed, "plan", "-o", "p.json", "link/stack.yaml")
      #expect(plan.code == 2, "\(plan)")
      try bed.sandbox.directory.write("second\n", to: "base/etc/edition")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/there/base.tar")
      let up = try bed.run("containr-up", ["-d", "-y", "p.json"])
      #expect(up.code == 2 && up.errors.contains("error[lock-mismatch]: service a: layer base.tar is sha256:"), "\(up)")
      try containr(bed, "lock", "-f", "link/stack.yaml").succeeding()
      try bed.run("containr-up", ["-d", "-y", "--frozen", "p.json"]).succeeding()
    }
  }

  @Test("a lock file that cannot be read locks nothing and stops, with its place")
  func broken() throws {
    try use { bed in
      try bed.sandbox.directory.write("version: 1\nlayers:\n  ./base: sha256:12\n", to: "stack.lock")
      for (program, words, code) in [
        ("containr-up", ["-d", "-y", Bed.file], Int32(2)), ("containr", ["plan", Bed.file], 3),
        ("containr", ["lock"], 2),
      ] {
        let result = try bed.run(program, words)
        #expect(result.code == code && result.errors.contains("--> stack.lock:3:11"), "\(result)")
      }
      #expect(try containr(bed, "lock", "update", "z").errors.contains("stack.lock:3:11") == false)
      try FileManager.default.removeItem(atPath: bed.path + "/stack.lock")
      let unknown = try containr(bed, "lock", "update", "z")
      #expect(unknown.code == 1 && unknown.errors.contains("has no service z"), "\(unknown)")
      // A service's own profile is no reason to leave it out.
      try bed.edit("c: { layers: [./base]", "c: { layers: [./bin]")
      try bed.shell("mkdir \(bed.path)/bin && cp -a \(bed.path)/base/. \(bed.path)/bin")
      #expect(try containr(bed, "lock").output.hasSuffix("stack.lock: 3 layers\n"))
      let digests = try bed.read("stack.lock").split(separator: "\n").filter { $0.contains("tree-") }.map {
        $0.suffix(64)
      }
      #expect(digests.count == 2 && digests[0] == digests[1], "the same contents have the same digest")
    }
  }
}
