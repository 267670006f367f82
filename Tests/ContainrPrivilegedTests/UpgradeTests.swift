// Other programs in the place of those that a stack was brought up with (docs/operations.md, "Replacing Containr").
import ContainrTestSupport
import Foundation
import Testing

@Suite("Replacing the programs", .serialized, .asRoot)
struct UpgradeTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo by the old one; while :; do if test -e /in/say; then cat /in/say; rm /in/say; fi; sleep 0.02; done"]
        volumes: ["./out:/in"]
        restart: always
        stop_grace_period: 0s
      db:
        layers: [./base]
        command: [sleep, "100000"]
        healthcheck: {test: [CMD, "true"], interval: 1s}
        environment: {LIFE: "1"}
        stop_grace_period: 0s

    """

  /// Programs in a directory of their own, as a package installs them.
  private struct Installation {
    let bed: Bed
    private let names = ["containr", "containr-cli", "containr-shim", "containr-run"]
    private var directory: String { "\(bed.path)/programs" }

    /// Puts a release there, in the place of the one before by rename: each a file of its own that no other release has.
    func install(_ release: String) throws {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for name in names {
        let new = "\(directory)/\(name).new"
        // By another process: a child that another test begins now would have it open for writing.
        let script = "cp \"$1\" \"$2\" && printf '\\n%s' \"$3\" >>\"$2\""
        try ContainrTestSupport.run("sh", ["-c", script, "sh", try BuiltPrograms.path(name), new, release]).succeeding()
        #expect(rename(new, "\(directory)/\(name)") == 0)
      }
    }

    @discardableResult
    func run(_ words: String...) throws -> CommandResult {
      try bed.sandbox.runAsCaller(["\(directory)/containr"] + words)
    }

    func up() throws -> CommandResult { try run("up", "-d", "-y", "-f", Bed.file).succeeding() }
  }

  /// The supervisor's process and whether its program is still the one of that name.
  private func supervisor(_ bed: Bed) throws -> (pid: Int32, isCurrent: Bool) {
    let words = try bed.read("run/stacks/t/supervisor").split(whereSeparator: \.isWhitespace)
    let pid = try #require(words.count > 1 ? Int32(words[1]) : nil, "\(words)")
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
    return (pid, !program.hasSuffix(" (deleted)"))
  }

  /// A stack of the first release.
  private func begun(
    _ bed: Bed
  ) throws -> (programs: Installation, pids: [String: Int32], supervisor: (pid: Int32, isCurrent: Bool)) {
    let programs = Installation(bed: bed)
    try programs.install("one")
    _ = try programs.up()
    return (programs, try bed.pids(), try supervisor(bed))
  }

  @Test("no container is restarted: another release finds them, reads what they wrote, enters, changes and ends them")
  func upgrade() throws {
    try Bed.use(Self.stack) { bed in
      let (programs, pids, first) = try begun(bed)
      #expect(pids.count == 2 && first.isCurrent)
      try eventually("it has written") {
        try programs.run("logs", "-p", "t", "web").output.contains("by the old one\n")
      }

      try programs.install("two")
      let plan = try programs.run("plan", "-f", Bed.file)
      #expect(plan.code == 0 && plan.output.hasPrefix("nothing to do"), "\(plan)")
      _ = try programs.up()
      #expect(try bed.pids() == pids)
      // It goes on with the program that it began with.
      let kept = try supervisor(bed)
      #expect(kept.pid == first.pid && !kept.isCurrent, "\(kept)")

      // What the old shim wrote, and what it writes now.
      try bed.sandbox.directory.write("by the old one, later\n", to: "out/next")
      #expect(rename("\(bed.path)/out/next", "\(bed.path)/out/say") == 0)
      try eventually("the new one reads both") {
        try programs.run("logs", "-p", "t", "--no-log-prefix", "web").output
          == "by the old one\nby the old one, later\n"
      }
      let inside = try programs.run("exec", "-p", "t", "web", "echo", "inside")
      #expect(inside.code == 0 && inside.output == "inside\n", "\(inside)")

      // As docs/operations.md has it: another supervisor, and no container is touched.
      #expect(kill(first.pid, SIGTERM) == 0)
      _ = try programs.up()
      let second = try supervisor(bed)
      #expect(second.pid != first.pid && second.isCurrent, "\(second)")
      #expect(try bed.pids() == pids)

      // Only what is changed is made again, and by the new one, beside what the old one runs.
      try bed.edit("LIFE: \"1\"", "LIFE: \"2\"")
      _ = try programs.up()
      let changed = try bed.pids()
      #expect(
        changed["web-1"] == pids["web-1"] && changed["db-1"] != nil && changed["db-1"] != pids["db-1"], "\(changed)")
      // What the old shim ran is begun again by the new supervisor.
      #expect(kill(try #require(pids["web-1"]), SIGKILL) == 0)
      try eventually("it runs again") {
        let now = try bed.pids()["web-1"]
        return now != nil && now != pids["web-1"]
      }
      try eventually("its log goes on") {
        try programs.run("logs", "-p", "t", "--no-log-prefix", "web").output
          == "by the old one\nby the old one, later\nby the old one\n"
      }
    }
  }

  @Test(
    "the supervisor of the old release begins containers again with the programs that are there now; stop and down work"
  )
  func oldSupervisor() throws {
    try Bed.use(Self.stack) { bed in
      let (programs, pids, first) = try begun(bed)
      try programs.install("two")
      #expect(kill(try #require(pids["web-1"]), SIGKILL) == 0)
      try eventually("it runs again") {
        let now = try bed.pids()["web-1"]
        return now != nil && now != pids["web-1"]
      }
      #expect(try supervisor(bed).pid == first.pid)
      #expect(try bed.pids()["db-1"] == pids["db-1"])
      try programs.run("stop", "-p", "t", "web").succeeding()
      #expect(try bed.container("web").state == "stopped")
      #expect(try bed.pids()["db-1"] == pids["db-1"])
      try programs.run("down", "-p", "t", "-y").succeeding()
      try bed.awaitNothingLeft("after the down of another release")
    }
  }
}
