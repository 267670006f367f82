// x-containr.idmap: host-user: whose the files in bind mounts are. Numbers from 23041 on.
import ContainrTestSupport
import Foundation
import Testing

@Suite("files of the host's user", .serialized, .asRoot)
struct HostUserTests {
  private static let services: [(name: String, user: String, uid: Int)] = [
    ("number", "1000", 1000), ("group", "1000:50", 1000), ("name", "web", 33), ("root", "root", 0),
  ]
  private static var stack: String {
    services.map { name, user, _ in
      """
        \(name):
          layers: [./base]
          user: "\(user)"
          command: [sh, -c, "id > /out/\(name); cat /out/secret > /tmp/read; mkdir /out/\(name).d; exec sleep 100000"]
          volumes: ["./out:/out"]
          stop_grace_period: 0s
          x-containr: {idmap: host-user}

      """
    }.joined()
  }

  /// The image's own users and files.
  private func prepare(_ base: String) throws {
    try "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/:/bin/sh\n".write(
      toFile: base + "/etc/passwd", atomically: true, encoding: .utf8)
    try "closed\n".write(toFile: base + "/of-root", atomically: true, encoding: .utf8)
    #expect(chmod(base + "/of-root", 0o600) == 0)
  }

  private func owner(_ path: String) throws -> [Int] {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return [
      try #require(attributes[.ownerAccountID] as? Int), try #require(attributes[.groupOwnerAccountID] as? Int),
    ]
  }

  @Test(
    "of an ordinary user: whoever writes in the container, root or not, by number or name, writes as the user outside")
  func ordinary() throws {
    try UserBed.use("services: {}\n", uid: 23041) { bed in
      try prepare(bed.home + "/stack/base")
      let out = bed.home + "/stack/out"
      try bed.sandbox.directory.write("secret\n", to: "home/stack/out/secret", mode: 0o600)
      try run("chown", ["-R", "23041:23041", bed.home + "/stack"]).succeeding()
      try bed.write("services:\n" + Self.stack)
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 0, "\(up)")
      for (name, _, uid) in Self.services {
        try eventually("\(name) has written") {
          FileManager.default.fileExists(atPath: "\(out)/\(name).d")
        }
        // It is who it thinks it is, and outside it is the user.
        let id = try String(contentsOfFile: "\(out)/\(name)", encoding: .utf8)
        #expect(id.hasPrefix("uid=\(uid)"), "\(id)")
        #expect(try owner("\(out)/\(name)") == [23041, 23041] && owner("\(out)/\(name).d") == [23041, 23041])
        func inside(_ words: String...) throws -> CommandResult {
          try bed.asUser(23041, ["containr", "exec", "-T", name] + words)
        }
        #expect(try inside("cat", "/tmp/read").output == "secret\n")
        // What is the user's outside is the container's user's inside; the image's files are root's, and closed to others.
        #expect(try inside("stat", "-c", "%u", "/out/secret").output == "\(uid)\n")
        #expect(try inside("stat", "-c", "%u %g", "/of-root").output == "0 0\n")
        #expect(try inside("cat", "/of-root").code == (uid == 0 ? 0 : 1))
        #expect(try inside("stat", "-c", "%u", "/", "/etc", "/etc/hosts").output == "0\n0\n0\n")
        #expect(try inside("sh", "-c", "echo x > /etc/new").code == (uid == 0 ? 0 : 1))
      }
      #expect(try bed.asUser("containr", "plan", "stack.yaml").code == 0)
      // Another life of the container, with the same layers.
      try bed.asUser("containr", "restart", "number").succeeding()
      #expect(
        try bed.asUser("containr", "exec", "-T", "number", "sh", "-c", "id -u; stat -c %u /out/secret").succeeding()
          .output
          == "1000\n1000\n")
    }
  }

  @Test(
    "of root behind sudo: the user who called it; other ids stay; without one it is refused with the way out",
    .notAsUser("behind sudo one is root"))
  func sudo() throws {
    try Bed.use("services: {}\n") { bed in
      try prepare(bed.path + "/base")
      try bed.sandbox.directory.write("secret\n", to: "out/secret", mode: 0o600)
      try bed.sandbox.directory.write("other\n", to: "out/other", mode: 0o644)
      try run("chown", ["23999:23998", bed.path + "/out", bed.path + "/out/secret"]).succeeding()
      try run("chown", ["5:6", bed.path + "/out/other"]).succeeding()
      try bed.write("services:\n" + Self.stack)
      let alone = try bed.tryUp()
      #expect(alone.code == 2 && alone.errors.contains("no-host-user") && alone.errors.contains("sudo"), "\(alone)")
      let sudo = ["SUDO_UID": "23999", "SUDO_GID": "23998"]
      let up = try bed.tryUp(environment: sudo)
      #expect(up.code == 0, "\(up)")
      for (name, _, uid) in Self.services {
        try eventually("\(name) has written") { FileManager.default.fileExists(atPath: "\(bed.path)/out/\(name).d") }
        #expect(
          try owner("\(bed.path)/out/\(name)") == [23999, 23998]
            && owner("\(bed.path)/out/\(name).d") == [23999, 23998])
        let inside = try bed.run(
          "containr",
          ["exec", "-T", name, "sh", "-c", "cat /tmp/read; stat -c %u /out/secret; stat -c %u:%g /out/other"])
        #expect(inside.output == "secret\n\(uid)\n5:6\n", "\(inside)")
      }
      #expect(try bed.run("containr", ["plan", "stack.yaml"], environment: sudo).code == 0)
      // Another caller's files are another's: the containers are made again for them.
      let other = try bed.run(
        "containr", ["plan", "stack.yaml"], environment: ["SUDO_UID": "23990", "SUDO_GID": "23990"])
      #expect(other.code == 2 && other.output.contains("host-user 23999:23998 → host-user 23990:23990"), "\(other)")
    }
  }

  @Test("with other namespaces of ids it is a conflict; in an ordinary user's with those of others as well")
  func conflicts() throws {
    try UserBed.use("services: {}\n", uid: 23042) { bed in
      func up(_ line: String) throws -> CommandResult {
        try bed.write(
          "services:\n  a:\n    layers: [./base]\n    command: [sleep, \"1\"]\n    user: \"7\"\n    \(line)\n    x-containr: {idmap: host-user}\n"
        )
        return try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      }
      let own = try up("userns_mode: auto")
      #expect(own.code == 2 && own.errors.contains("both say which ids files have"), "\(own)")
      let shared = try up("privileged: true")
      #expect(
        shared.code == 2 && shared.errors.contains("exclude each other") && shared.errors.contains("stack.yaml:8:"),
        "\(shared)")
    }
  }
}
