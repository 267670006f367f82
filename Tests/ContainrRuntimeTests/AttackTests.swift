// Images and containers that try to reach the host (docs/security.md).
import ContainrOCI
import ContainrRuntime
import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@Suite("A hostile image does not reach the host", needsRoot)
struct AttackTests {
  let host: RuntimeHost
  let victim: FilePath
  init() throws {
    host = try RuntimeHost()
    victim = try host.victim()
  }

  @Test("CVE-2026-41579, 47766, 2023-27561: /dev, /proc, /sys and /etc as symlinks to the host are covered")
  func symlinkedMounts() throws {
    let evil = try host.evil([
      ("dev", victim.string), ("proc", victim.string), ("sys", victim.string), ("etc", victim.string),
    ])
    let (lines, status) = try host.run("a", "ls /dev | wc -l; test -d /proc/1 && echo proc; cat /etc/hosts") {
      $0.overlay?.lowers.append(evil)
      $0.hosts = "mine\n"
    }
    #expect(status == .exited(0))
    #expect(lines == ["14", "proc", "mine"])
    #expect(try Kernel.names(inDirectory: victim) == [])
  }

  @Test("The same in a plain directory without the init layer is an error", arguments: ["dev", "proc", "sys"])
  func symlinkedInDirectory(name: String) throws {
    let root = host.state.appending("plain")
    try run("cp", ["-a", host.layer.string, root.string]).succeeding()
    try Kernel.makeDirectory(root.appending("elsewhere"))
    try Kernel.makeSymlink(root.appending(name), to: "/elsewhere")
    let error = #expect(throws: RuntimeError.self) {
      try host.start(
        try host.config("a", "true") {
          $0.overlay = nil
          $0.spec.root.path = root.string
        })
    }
    #expect(error?.description.contains("symlink") == true, "\(error?.description ?? "")")
    #expect(try host.leftovers() == [])
  }

  @Test("A container runs from a plain directory")
  func plainDirectory() throws {
    let root = host.state.appending("plain")
    try run("cp", ["-a", host.layer.string, root.string]).succeeding()
    let (lines, _) = try host.run("a", "ls /dev/null; touch /made") {
      $0.overlay = nil
      $0.spec.root.path = root.string
    }
    #expect(lines == ["/dev/null"])
    #expect(try Kernel.exists(root.appending("made")))
  }

  @Test("CVE-2021-30465: a volume's target behind a symlink to the host is made inside the root")
  func symlinkedTarget() throws {
    let evil = try host.evil([("out", victim.string), ("up", "../../../../..\(victim.string)")])
    try Kernel.makeDirectory(host.state.appending("data"))
    try host.write("data/file", "volume")
    let data = host.state.appending("data").string
    // `victim` does not exist inside: a link that leads nowhere is an error and not a way to the host.
    for target in ["/out/deep", "/up/deep"] {
      let error = #expect(throws: RuntimeError.self) {
        try host.start(
          try host.config("a", "true") {
            $0.overlay?.lowers.append(evil)
            $0.spec.mounts = [OCIMount(destination: target, type: "bind", source: data)]
          })
      }
      #expect(error?.description.contains("leads nowhere") == true)
    }
    // With that directory inside, the same link leads there, and not to the host's.
    try Kernel.makeDirectories(FilePath(host.layer.string + victim.string))
    let (lines, _) = try host.run("b", "cat /out/deep/file /up/deep/file") {
      $0.overlay?.lowers.append(evil)
      $0.spec.mounts = [
        OCIMount(destination: "/out/deep", type: "bind", source: data),
        OCIMount(destination: "/up/deep", type: "bind", source: data),
      ]
    }
    #expect(lines == ["volumevolume"])
    #expect(try Kernel.names(inDirectory: victim) == [])
  }

  @Test("A WORKDIR through a symlink is not made on the host (podman 4.3.1)")
  func symlinkedWorkingDirectory() throws {
    let evil = try host.evil([("wl", victim.string)])
    let config = try host.config("a", "pwd") {
      $0.overlay?.lowers.append(evil)
      $0.spec.process.cwd = "/wl/new"
    }
    do {
      try host.start(config)
      _ = try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(60_000))
    } catch let error as RuntimeError {
      #expect(error.stage == "change the working directory")
    }
    #expect(try Kernel.names(inDirectory: victim) == [])
  }

  @Test("CVE-2024-21626: a WORKDIR below /proc/self/fd is refused", arguments: 0..<12)
  func leakyWorkingDirectory(number: Int) throws {
    let error = #expect(throws: RuntimeError.self) {
      try host.start(try host.config("a", "ls -la") { $0.spec.process.cwd = "/proc/self/fd/\(number)" })
    }
    #expect(error?.stage == "change the working directory", "\(String(describing: error))")
  }

  @Test("CVE-2019-5736: nothing can be changed through the shim's /proc/PID/exe, not even by the host's root")
  func shimBinary() throws {
    try host.start(try host.config("a", "sleep 60"))
    guard case .running(_, let shim?) = try host.runtime.observe("a") else {
      Issue.record("it does not run")
      return
    }
    let path = "/proc/\(shim.pid)/exe"
    #expect(chmod(path, 0o755) == -1)
    #expect(errno == EROFS)
    #expect(truncate(path, 0) == -1)
    // A program of the image that is the shim itself gets nowhere without its host.
    let (_, status) = try host.run("b", "") { $0.spec.process.args = ["/proc/self/exe", "container", "b"] }
    #expect(status == .exited(1))
  }

  @Test("CVE-2025-31133: a /dev/null of the image is never what masks")
  func maskSource() throws {
    let evil = host.state.appending("evil")
    try Kernel.makeDirectories(evil.appending("dev"))
    try Kernel.makeSymlink(evil.appending("dev/null"), to: "/proc/sysrq-trigger")
    let (lines, _) = try host.run("a", "stat -c '%F %t:%T' /proc/timer_list") { $0.overlay?.lowers.append(evil) }
    #expect(lines == ["character special file 1:3"])
  }

  @Test("A passwd that is a fifo or a link to the host's is not waited for and not read")
  func hostilePasswd() throws {
    let evil = host.state.appending("evil")
    try Kernel.makeDirectories(evil.appending("etc"))
    try Kernel.makeNode(
      "passwd", at: try Kernel.open(evil.appending("etc"), [.path, .directory]).release(), mode: 0o010644)
    let error = #expect(throws: RuntimeError.self) {
      try host.start(
        try host.config("a", "true") {
          $0.overlay?.lowers.append(evil)
          $0.spec.process.user.username = "web"
        })
    }
    #expect(error?.stage == "look up the user")
    #expect(error?.description.contains("not a regular file") == true, "\(error?.description ?? "")")
  }

  @Test("Two containers share a volume, one swaps a directory and a link to / in it: no mount ever lands outside")
  func swappedTarget() throws {
    let volume = host.state.appending("volume")
    try Kernel.makeDirectories(volume.appending("dir/target"))
    try Kernel.makeSymlink(volume.appending("link"), to: "/")
    try Kernel.makeDirectory(host.state.appending("data"))
    try host.write("data/marker", "x")
    let share = OCIMount(destination: "/v", type: "bind", source: volume.string, options: ["rbind"])
    try host.start(
      try host.config("swap", "cd /v; while :; do mv -T dir tmp; mv -T link dir; mv -T tmp link; done 2>/dev/null") {
        try Kernel.makeSymlink(self.host.layer.appending("bin/mv"), to: "busybox")
        $0.spec.mounts = [share]
      })
    let before = try Kernel.names(inDirectory: "/")
    for _ in 0..<30 {
      do {
        try host.start(
          try host.config("a", "true") {
            $0.spec.mounts = [
              share,
              OCIMount(
                destination: "/v/dir/target", type: "bind", source: self.host.state.appending("data").string,
                options: ["rbind"]),
            ]
          })
        _ = try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(60_000))
      } catch is RuntimeError {}  // a name that was gone for a moment
      try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
    }
    #expect(try Kernel.names(inDirectory: "/") == before)
  }
}
