// What an ordinary user's containers are on the host, and what others can do to them. Numbers from 23031 on.
import ContainrTestSupport
import Foundation
import Testing

@Suite(
  "the security of an ordinary user's stack", .serialized, .asRoot,
  .notAsUser("it runs as users of its own in every run"))
struct RootlessSecurityTests {
  private static let stack = """
    services:
      root:
        layers: [./base]
        command: [sleep, "100000"]
        volumes: ["./out:/out"]
        stop_grace_period: 0s
      user:
        layers: [./base]
        user: "1000:1000"
        command: [sleep, "100000"]
        volumes: ["./out:/out"]
        stop_grace_period: 0s

    """

  private func ids(_ pid: Int32, _ word: String) throws -> [String] {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(word) })
    return line.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init)
  }

  @Test("on the host a container's process is the user or an id of the user's range, and reads nobody else's files")
  func escape() throws {
    try UserBed.use(Self.stack, uid: 23031) { bed in
      let out = bed.home + "/stack/out"
      // Of another user, of the host's root, and of the user itself.
      for (name, owner) in [("other", 23994), ("hosts", 0), ("own", 23031)] {
        try bed.sandbox.directory.write("secret\n", to: "home/stack/out/\(name)", mode: 0o600)
        try run("chown", ["\(owner):\(owner)", "\(out)/\(name)"]).succeeding()
      }
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      let (root, user) = (try bed.pid(of: "root"), try bed.pid(of: "user"))
      #expect(try ids(root, "Uid:") == Array(repeating: "23031", count: 4))
      // The first of the range is 1.
      let inside = "\(23031 * 100_000 + 999)"
      #expect(try ids(user, "Uid:") == Array(repeating: inside, count: 4))
      #expect(try ids(user, "Gid:") == Array(repeating: inside, count: 4))
      #expect(try ids(user, "Groups:").allSatisfy { $0 == inside })
      func read(_ service: String, _ name: String) throws -> Int32 {
        try bed.asUser("containr", "exec", "-T", service, "cat", "/out/\(name)").code
      }
      #expect(try read("root", "own") == 0)
      for (service, name) in [
        ("root", "other"), ("root", "hosts"), ("user", "other"), ("user", "hosts"), ("user", "own"),
      ] {
        #expect(try read(service, name) != 0, "\(service) \(name)")
      }
      // Out of all namespaces with what they are: nobody's rights.
      for path in ["\(out)/own", bed.home + "/.local/share/containr", bed.runDirectory, "/etc/shadow"] {
        let got = try run("setpriv", ["--reuid", inside, "--regid", inside, "--clear-groups", "cat", path])
        #expect(got.code != 0 && got.errors.contains("Permission denied"), "\(got)")
      }
      // Root inside has no rights over the host: not even with all that it is given there.
      for words in [
        ["mount", "-t", "tmpfs", "x", "/mnt"], ["chroot", "/proc/1/root", "true"], ["mknod", "/tmp/x", "b", "8", "0"],
      ] {
        #expect(try bed.asUser(23031, ["containr", "exec", "-T", "root"] + words).code != 0, "\(words)")
      }
    }
  }

  @Test("with a umask of 0 nothing in the user's directories can be written, or a socket be reached, by others")
  func umask() throws {
    try UserBed.use(Self.stack, uid: 23032) { bed in
      try bed.asUser("sh", "-c", "umask 0; exec containr-up -d -y stack.yaml").succeeding()
      let state = bed.home + "/.local/share/containr"
      for top in [state, bed.runDirectory] {
        let mode = try #require(try FileManager.default.attributesOfItem(atPath: top)[.posixPermissions] as? Int)
        #expect(mode == 0o700, "\(top) \(String(mode, radix: 8))")
        var looked = 0
        for name in try FileManager.default.subpathsOfDirectory(atPath: top) {
          // What a container writes has the modes that it gave.
          if name.contains("/upper/") || name.contains("/work") { continue }
          let attributes = try FileManager.default.attributesOfItem(atPath: "\(top)/\(name)")
          guard attributes[.type] as? FileAttributeType != .typeSymbolicLink else { continue }
          let mode = try #require(attributes[.posixPermissions] as? Int)
          looked += 1
          #expect(
            mode & 0o002 == 0 || attributes[.type] as? FileAttributeType == .typeSocket,
            "\(name) \(String(mode, radix: 8))")
        }
        #expect(looked > 3, "\(top)")
      }
      // By whatever way: the directories are closed to others.
      for words in [["ls", bed.runDirectory], ["ls", state], ["cat", bed.runDirectory + "/rootless"]] {
        #expect(try bed.asUser(23992, words).code != 0, "\(words)")
      }
    }
  }

  @Test("directories that somebody else has made, or can write in, are refused, and nothing is begun")
  func foreignDirectories() throws {
    try UserBed.use(Self.stack, uid: 23033) { bed in
      let run = bed.path + "/shared"
      try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
      #expect(chmod(run, 0o777) == 0)
      let foreign = try bed.asUser("sh", "-c", "CONTAINR_RUN_DIR=\(run) exec containr-up -d -y stack.yaml")
      #expect(foreign.code == 2 && foreign.errors.contains("it is not a directory of yours"), "\(foreign)")
      try ContainrTestSupport.run("chown", ["23033:23033", run]).succeeding()
      let open = try bed.asUser("sh", "-c", "CONTAINR_STATE_DIR=\(run) exec containr-up -d -y stack.yaml")
      #expect(open.code == 2 && open.errors.contains("chmod go-w"), "\(open)")
      #expect(try bed.processes().isEmpty)
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
    }
  }
}
