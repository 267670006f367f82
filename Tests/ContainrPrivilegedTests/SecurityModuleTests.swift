// AppArmor and SELinux from the outside. Which module is on is the machine's; each test knows the right answer for each, and
// `make test-vm` runs them where AppArmor is on, and again where SELinux is.
import ContainrTestSupport
import Foundation
import Testing

@Suite(
  "Security modules", .serialized, .asRoot,
  .notAsUser("profiles are loaded by root, and a user's containers have none"))
struct SecurityModuleTests {
  private static let stack = """
    x-a: &a { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    services:
      a: { <<: *a }
    """

  /// The profile that containers of a bed have.
  private func profile(_ bed: Bed) -> String { "\(bed.sandbox.cgroupParent)-default" }

  @Test(
    "the default AppArmor profile is loaded with the first container, holds it and what is run in it, and goes with the last"
  )
  func defaultProfile() throws {
    try Bed.use(Self.stack) { bed in
      try labelLayer(bed)
      try bed.up()
      let label = SecurityModule.label(of: try bed.pid("a"))
      guard SecurityModule.hasAppArmor else {
        #expect(SecurityModule.profiles == [:])
        if !SecurityModule.hasSELinux { #expect(label == "") }
        return
      }
      let own = "\(profile(bed)) (enforce)"
      #expect(label == own)
      let inside = try bed.run(
        "containr", ["exec", "-p", "t", "a", "--", "sh", "-c", "cat /proc/self/attr/current; kill -0 1 && echo may"])
      #expect(inside.output == "\(own)\nmay\n", "\(inside)")
      #expect(try bed.plan() == "nothing to do: 1 container matches\n")
      try bed.down()
      #expect(SecurityModule.profiles[profile(bed)] == nil)
      bed.expectNothingLeft()
    }
  }

  @Test(
    "where the host's securityfs is not to be seen, as in a container of another engine, a stack is held all the same")
  func hiddenFiles() throws {
    // AppArmorFilesTests show the choice, and that nothing else changes.
    guard SecurityModule.hasAppArmor else { return }
    try Bed.use(Self.stack) { bed in
      let up = try BuiltPrograms.path("containr-up")
      let script = "cd \(bed.path) && umount -l /sys/kernel/security && exec \(up) -d -y \(Bed.file)"
      let variables = bed.sandbox.environment.map { "\($0.key)=\($0.value)" }
      try bed.sandbox.runInNetwork("env", variables + ["unshare", "-m", "sh", "-c", script]).succeeding()
      #expect(SecurityModule.label(of: try bed.pid("a")) == "\(profile(bed)) (enforce)")
      #expect(try bed.plan() == "nothing to do: 1 container matches\n")
    }
  }

  @Test("a profile that was changed under a running container, or taken away, is drift")
  func drift() throws {
    guard SecurityModule.hasAppArmor else { return }  // RightsDriftTests look at the comparison itself
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let name = profile(bed)
      try bed.sandbox.directory.write("profile \"\(name)\" flags=(complain) { file, }\n", to: "weaker")
      try bed.shell("apparmor_parser --replace --skip-cache \(bed.path)/weaker")
      let plan = try bed.plan()
      #expect(plan.contains("apparmor: \(name) (complain) → \(name) (enforce) (drift)"), "\(plan)")
      #expect(try bed.run("containr", ["status", "-p", "t"]).output.contains("apparmor"))
      try bed.up()
      #expect(SecurityModule.label(of: try bed.pid("a")) == "\(name) (enforce)")
      #expect(try bed.plan() == "nothing to do: 1 container matches\n")
    }
  }

  @Test("a compiled profile that is damaged on the disk, as a loss of power leaves it, is compiled anew")
  func damaged() throws {
    guard SecurityModule.hasAppArmor else { return }  // without it nothing is compiled
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let directory = bed.sandbox.stateDirectory + "/apparmor"
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0 != "loaded" }
      #expect(names.count == 1, "\(names)")
      for (size, argument) in [(0, "100001"), (100, "100002")] {
        for name in names { try bed.shell("truncate -s \(size) \(directory)/\(name)") }
        // As after a boot: the kernel has none.
        try SecurityModule.remove(profile(bed))
        try bed.sandbox.directory.write(
          "name: t\n" + Self.stack.replacingOccurrences(of: "100000", with: argument), to: Bed.file)
        try bed.up()
        #expect(SecurityModule.label(of: try bed.pid("a")) == "\(profile(bed)) (enforce)")
      }
    }
  }

  @Test("the socket of a bundle's readiness has the label of the container's files")
  func readiness() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed)
      let label = "system_u:object_r:container_file_t:s0:c1,c2"
      try bed.write("ls /run/notify > /tmp/seen && notify say READY=1; notify barrier; exec sleep 600") { config in
        var (process, linux) = (config["process"] as? [String: Any] ?? [:], config["linux"] as? [String: Any] ?? [:])
        process["selinuxLabel"] = "system_u:system_r:container_t:s0:c1,c2"
        linux["mountLabel"] = label
        (config["process"], config["linux"]) = (process, linux)
      }
      if SecurityModule.hasSELinux {
        try ContainrTestSupport.run("chcon", ["--recursive", label, bed.bundle + "/rootfs"]).succeeding()
      }
      let result = try ContainrTestSupport.run(
        bed.program, ["--root", bed.root, "run", "-d", "a"], environment: ["NOTIFY_SOCKET": listener.address],
        directory: URL(fileURLWithPath: bed.bundle))
      guard SecurityModule.hasSELinux else {
        #expect(result.code == 1 && result.errors.contains("SELinux is not on in this kernel"), "\(result)")
        return try bed.expectNothingLeft()
      }
      // Its own output is a file of the host's, which it may not write to.
      let seen = FileManager.default.contents(atPath: bed.bundle + "/rootfs/tmp/seen")
      #expect(result.code == 0 && seen == Data("notify.sock\n".utf8), "\(result)")
      #expect(listener.heard.count == 2, "\(listener.heard)")
      for file in ["notify", "notify/notify.sock"] {
        #expect(try SecurityModule.context(of: "\(bed.root)/a/\(file)") == label)
      }
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  /// A layer that is a directory of the user's is the user's to label.
  private func labelLayer(_ bed: Bed) throws {
    if SecurityModule.hasSELinux {
      try bed.shell("chcon --recursive system_u:object_r:container_ro_file_t:s0 \(bed.path)/base")
    }
  }

  @Test("a run in the foreground has the profile as well")
  func run() throws {
    try Bed.use { bed in
      try labelLayer(bed)
      let result = try bed.run(
        "containr", ["run", "--layer", "./base", "--", "sh", "-c", "cat /proc/self/attr/current 2>/dev/null; true"])
      if SecurityModule.hasAppArmor { #expect(result.output == "\(profile(bed)) (enforce)\n", "\(result)") }
      if SecurityModule.hasSELinux {
        #expect(result.output.hasPrefix("system_u:system_r:container_t:s0:c"), "\(result)")
      }
      #expect(result.code == 0)
    }
  }

  @Test("SELinux: contexts of its own for each container, and for what it is given")
  func contexts() throws {
    try Bed.use(
      """
      x-a: &a { layers: [./base], stop_signal: SIGKILL }
      services:
        a:
          <<: *a
          command: [sh, -c, "echo mine > /own/file; cat /common/file /data/x 2>&1; sleep 100000"]
          volumes: ["./own:/own:Z", "./common:/common:z", "data:/data"]
        b:
          <<: *a
          depends_on: [a]
          command: [sh, -c, "cat /own/file 2>&1; cat /common/file; sleep 100000"]
          volumes: ["./own:/own", "./common:/common:z", "data:/data"]
      volumes: { data: {} }
      """
    ) { bed in
      try bed.shell("mkdir -p \(bed.path)/own \(bed.path)/common; echo shared > \(bed.path)/common/file")
      // There before `a` is made, whose start gives it its context; `b` comes after that.
      try bed.shell("echo mine > \(bed.path)/own/file")
      try labelLayer(bed)
      // Where SELinux is off, z and Z have nothing to do.
      try bed.up()
      guard SecurityModule.hasSELinux else { return #expect(try bed.plan() == "nothing to do: 2 containers match\n") }
      let labels = try ["a", "b"].map { SecurityModule.label(of: try bed.pid($0)) }
      for label in labels { #expect(label.hasPrefix("system_u:system_r:container_t:s0:c"), "\(labels)") }
      #expect(labels[0] != labels[1])
      let level = labels[0].split(separator: ":", maxSplits: 3)[3]
      #expect(try SecurityModule.context(of: bed.path + "/own") == "system_u:object_r:container_file_t:\(level)")
      #expect(try SecurityModule.context(of: bed.path + "/common/file") == "system_u:object_r:container_file_t:s0")
      try eventually("both have written") {
        let logs = try bed.run("containr", ["logs", "-p", "t"]).output
        return logs.contains("shared") && logs.contains("own/file") && logs.contains("data/x")
      }
      let logs = try bed.run("containr", ["logs", "-p", "t"]).output
      #expect(logs.contains("/own/file': Permission denied"), "\(logs)")
      #expect(!logs.contains("mine"), "\(logs)")
      // Started again it has the same categories, and so its files.
      try bed.shell("kill -9 \(try bed.pid("a"))")
      try bed.wait("a", "exited")
      try bed.up()
      #expect(SecurityModule.label(of: try bed.pid("a")) == labels[0])
      #expect(try bed.plan() == "nothing to do: 2 containers match\n")
    }
  }
}
