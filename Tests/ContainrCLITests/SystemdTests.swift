// Units of systemd: their words, what means itself in them, and what systemd itself says of them.
import ArgumentParser
import ContainrTestSupport
import Foundation
import Testing

@testable import ContainrCLI

@Suite struct SystemdTests {
  private func unit(_ directory: String = "/srv/shop") -> SystemdUnit {
    SystemdUnit(
      stack: "shop", up: "/usr/local/bin/containr-up", containr: "/usr/local/bin/containr",
      naming: ["-f", "\(directory)/stack.yaml", "--project-name", "shop"], needs: [directory, "/var/lib/containr"],
      waitTimeout: 300)
  }

  @Test("a unit brings up by the same command as a person, stops in order, and leaves the shims to that")
  func text() {
    #expect(
      unit().text == """
        # Made by containr systemd install: it writes this file anew.

        [Unit]
        Description=Containers of the stack shop
        Documentation=man:containr-up(1) man:containr-systemd-install(1)
        Wants=network-online.target
        After=network-online.target local-fs.target nss-lookup.target
        RequiresMountsFor=/srv/shop /var/lib/containr
        StartLimitIntervalSec=600
        StartLimitBurst=5

        [Service]
        # up ends when all of it is ready. What goes on is watched by the stack's own supervisor and its keeper.
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/usr/local/bin/containr-up -d --wait --wait-timeout 300 --on-failure keep -y -f /srv/shop/stack.yaml --project-name shop
        ExecReload=/usr/local/bin/containr-up -d --wait --wait-timeout 300 --on-failure keep -y -f /srv/shop/stack.yaml --project-name shop
        ExecStop=/usr/local/bin/containr stop -p shop
        # A stack of which something was not ready runs on; one that could not be brought up is tried again.
        SuccessExitStatus=6
        Restart=on-failure
        RestartSec=15
        TimeoutStartSec=infinity
        TimeoutStopSec=300
        # Shims are parents of containers: only stop may end them.
        KillMode=process

        [Install]
        WantedBy=multi-user.target

        """)
  }

  @Test("words mean themselves, whatever is in them")
  func words() {
    #expect(SystemdUnit.word("/a-b_c.d", isCommand: true) == "/a-b_c.d")
    #expect(SystemdUnit.word("a b", isCommand: true) == "\"a b\"")
    #expect(SystemdUnit.word("50%\\\"$x\n\u{1}", isCommand: true) == "\"50%%\\\\\\\"$$x\\n\\x01\"")
    #expect(SystemdUnit.word("$x", isCommand: false) == "\"$x\"")
    #expect(SystemdUnit.word("", isCommand: true) == "\"\"")
  }

  @Test("a unit of a user's waits for no unit of the system's, and is wanted by the user's target")
  func users() {
    var own = unit()
    own.isUsers = true
    let system = unit().text.split(separator: "\n")
    let lines = own.text.split(separator: "\n")
    #expect(
      system.filter { !lines.contains($0) } == [
        "Wants=network-online.target", "After=network-online.target local-fs.target nss-lookup.target",
        "WantedBy=multi-user.target",
      ])
    #expect(lines.filter { !system.contains($0) } == ["WantedBy=default.target"])
  }

  @Test(
    "root has no unit of a user's",
    .enabled(if: Requirement.isRoot, "is about root"))
  func rootsOwn() throws {
    let end = try run(
      try BuiltPrograms.path("containr"), ["systemd", "install", "--user", "--root", "/nowhere", "-p", "x"])
    #expect(end.code == 2 && end.errors.contains("leave --user away"), "\(end)")
  }

  @Test("--now is about the system that runs, and the file has to be one")
  func refused() {
    #expect(throws: (any Error).self) { try SystemdInstallCommand.parse(["--root", "/r", "--now"]) }
    #expect(throws: (any Error).self) { try SystemdInstallCommand.parse(["-"]) }
  }

  @Test(
    "install and uninstall write and remove below a root, and systemd finds nothing wrong, whatever the path is",
    .enabled(if: Requirement.hasProgram("systemd-analyze"), "systemd is not installed"))
  func install() throws {
    let scratch = try ScratchDirectory("systemd")
    let home = scratch.url.appendingPathComponent("it's 100% $HOME \"quoted\" \\ ü")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    let file = home.appendingPathComponent("stack.yaml")
    try Data("name: shop\nservices:\n  web: { layers: [./base], command: [sleep, \"1\"] }\n".utf8).write(to: file)
    let root = scratch.url.appendingPathComponent("root").path
    let containr = try BuiltPrograms.path("containr")
    func systemd(_ words: String...) throws -> CommandResult {
      try run(containr, ["systemd"] + words, environment: ["CONTAINR_STATE_DIR": scratch.url.path + "/s%t"])
    }
    try systemd("install", file.path, "--root", root).succeeding()
    let unit = "\(root)/etc/systemd/system/containr-shop.service"
    let text = try String(contentsOfFile: unit, encoding: .utf8)
    #expect(text.contains("Environment=\"CONTAINR_STATE_DIR=") && text.contains("/s%%t"), "\(text)")
    let link = "\(root)/etc/systemd/system/multi-user.target.wants/containr-shop.service"
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "../containr-shop.service")
    let verdict = try run("systemd-analyze", ["verify", unit])
    // A manual that is not installed is no fault of the unit's.
    let faults = verdict.errors.split(separator: "\n").filter { !$0.contains("man ") }
    #expect(faults.isEmpty, "\(verdict)")
    // What systemd reads in it is what we meant.
    let printed = try systemd("print", "-f", file.path).succeeding()
    #expect(printed.output == text)
    // Twice is once; one that somebody else wrote stays.
    try systemd("install", file.path, "--root", root).succeeding()
    try systemd("uninstall", "-p", "shop", "--root", root).succeeding()
    #expect(!FileManager.default.fileExists(atPath: unit) && !FileManager.default.fileExists(atPath: link))
    #expect(try systemd("uninstall", "-p", "shop", "--root", root).code == 1)
    try Data("[Unit]\n".utf8).write(to: URL(fileURLWithPath: unit))
    let foreign = try systemd("install", file.path, "--root", root)
    #expect(foreign.code == 2 && foreign.errors.contains("was not made by containr"), "\(foreign)")
  }

  @Test(
    "without systemd it is refused plainly",
    .enabled(if: !FileManager.default.fileExists(atPath: "/run/systemd/system"), "systemd runs here"))
  func withoutSystemd() throws {
    let end = try run(try BuiltPrograms.path("containr"), ["systemd", "install", "-p", "x"])
    #expect(end.code == 2 && (end.errors.contains("not booted by systemd") || end.errors.contains("root")), "\(end)")
  }
}
