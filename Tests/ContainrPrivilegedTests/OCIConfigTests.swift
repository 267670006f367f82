// Fields of config.json that only the kernel can judge: what is honoured of all that the specification lists, and which words an error has.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCIConfigTests {
  /// config.md, "Linux mount options", but for those that say what kind of mount it is.
  private static let options = [
    "async", "atime", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand",
    "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime",
    "nosuid", "nosymfollow", "private", "ratime", "rdev", "rdiratime", "relatime", "rexec", "rnoatime", "rnodev",
    "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate",
    "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw",
    "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync", "unbindable",
  ]
  /// What mountinfo shows for some of them.
  private static let shown = [
    "noatime": "noatime", "nodev": "nodev", "nodiratime": "nodiratime", "noexec": "noexec", "nosuid": "nosuid",
    "nosymfollow": "nosymfollow", "rnoatime": "noatime", "rnodev": "nodev", "rnodiratime": "nodiratime",
    "rnoexec": "noexec", "rnosuid": "nosuid", "rnosymfollow": "nosymfollow", "ro": "ro", "rro": "ro",
    "shared": "shared", "rshared": "shared", "unbindable": "unbindable", "runbindable": "unbindable",
  ]

  @Test("every option of a mount that the specification lists is taken, for file systems and for binds")
  func options() throws {
    try BundleBed.use { bed in
      try FileManager.default.createDirectory(atPath: bed.scratch.path + "/bound", withIntermediateDirectories: false)
      try bed.write("cat /proc/self/mountinfo") { config in
        var mounts = config["mounts"] as? [[String: Any]] ?? []
        for option in Self.options {
          mounts.append(["destination": "/tmp/new/\(option)", "type": "tmpfs", "source": "tmpfs", "options": [option]])
          mounts.append([
            "destination": "/tmp/bound/\(option)", "source": bed.scratch.path + "/bound", "options": ["rbind", option],
          ])
        }
        config["mounts"] = mounts
      }
      let output = try bed.runtime(["run", "a"]).succeeding().output
      // proc_pid_mountinfo(5): the place, the mount's options, then such as `shared:1` up to a dash.
      var found: [String: Set<String>] = [:]
      for line in output.split(separator: "\n") {
        let fields = line.split(separator: " ").map(String.init)
        let attributes = fields[5].split(separator: ",").map(String.init)
        let groups = fields[6...].prefix { $0 != "-" }.map { String($0.prefix { $0 != ":" }) }
        found[fields[4]] = Set(attributes + groups)
      }
      for option in Self.options {
        for place in ["/tmp/new/\(option)", "/tmp/bound/\(option)"] {
          let words = try #require(found[place], "\(place)")
          if let word = Self.shown[option] { #expect(words.contains(word), "\(place): \(words)") }
        }
      }
      try bed.expectNothingLeft()
    }
  }

  @Test(
    "a namespace's path that leads to none, or to one of another kind, is told as such",
    arguments: [("/etc/hostname", "this is no namespace"), ("/proc/self/ns/uts", "this is no ipc namespace")])
  func namespaces(path: String, words: String) throws {
    try BundleBed.use { bed in
      try bed.write("true") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        let others = (linux["namespaces"] as? [[String: Any]] ?? []).filter { $0["type"] as? String != "ipc" }
        linux["namespaces"] = others + [["type": "ipc", "path": path]]
        config["linux"] = linux
      }
      let result = try bed.runtime(["run", "a"])
      #expect(result.code == 1 && result.errors.contains(words), "\(result)")
      try bed.expectNothingLeft()
    }
  }
}
