// A root file system to start from: Debian's static busybox, and a probe of ours for what busybox cannot do.
import ContainrTestSupport
import Foundation

enum BaseLayer {
  /// What the tests call by name; everything else is `busybox NAME`.
  private static let applets = [
    "sh", "cat", "ls", "sleep", "httpd", "nc", "echo", "test", "touch", "mkdir", "rm", "id", "env", "pwd", "hostname",
    "true", "false", "kill", "ps", "mount", "umount", "mknod", "grep", "stat", "dd", "tail", "head", "wc", "nslookup",
    "ip", "ping", "chown", "chmod", "unshare", "date", "seq", "sort", "tr", "readlink", "sync", "ulimit", "df", "expr",
    "printf", "cp", "timeout",
  ]

  /// Makes the layer as a directory.
  static func make(at root: URL) throws {
    let manager = FileManager.default
    for name in ["bin", "etc", "tmp", "proc", "sys", "dev", "root"] {
      try manager.createDirectory(at: root.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    chmod(root.appendingPathComponent("tmp").path, 0o1777)
    let busybox = ["/usr/bin/busybox", "/bin/busybox"].first { manager.isExecutableFile(atPath: $0) }
    guard let busybox else { throw TestSupportError("busybox is not installed: apt-get install busybox-static") }
    // Not copied by this process: a child that is being started would hold the file open for writing (ETXTBSY).
    try run("cp", ["-L", busybox, root.appendingPathComponent("bin/busybox").path]).succeeding()
    for applet in applets {
      try manager.createSymbolicLink(
        atPath: root.appendingPathComponent("bin/\(applet)").path, withDestinationPath: "busybox")
    }
    let files = [
      "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000::/home/worker:/bin/sh\n",
      "etc/group": "root:x:0:\nworker:x:1000:\nextra:x:2000:worker\n",
    ]
    for (name, text) in files { try Data(text.utf8).write(to: root.appendingPathComponent(name)) }
  }

  /// Packs a directory as a tar archive.
  static func pack(_ directory: String, into archive: String) throws {
    try run("tar", ["-C", directory, "-cf", archive, "."]).succeeding()
  }
}
