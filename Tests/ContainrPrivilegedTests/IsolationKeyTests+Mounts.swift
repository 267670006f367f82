// What a bind does with mounts below its source, and parts of volumes.
import ContainrTestSupport
import Foundation
import Testing

extension IsolationKeyTests {
  /// A directory of the bed with a mount of its own below, `tree/sub`; gone when the body has ended.
  private func withSubmount(_ bed: Bed, _ body: () throws -> Void) throws {
    try bed.sandbox.directory.write("top\n", to: "tree/top")
    try bed.sandbox.directory.write("hidden\n", to: "tree/sub/hidden")
    try bed.sandbox.directory.write("later\n", to: "tree/later/hidden")
    // Shared, so that what is mounted below goes on to who follows.
    try run("mount", ["--bind", bed.path + "/tree", bed.path + "/tree"]).succeeding()
    defer { _ = try? run("umount", ["-R", bed.path + "/tree"]) }
    try run("mount", ["--make-shared", bed.path + "/tree"]).succeeding()
    try run("mount", ["-t", "tmpfs", "below", bed.path + "/tree/sub"]).succeeding()
    try bed.sandbox.directory.write("seen\n", to: "tree/sub/file")
    try body()
  }

  @Test(
    "mounts below a bind: with it, left out, read-only with it, and those that the host makes later",
    .notAsUser("the kernel shows a user no directory without what the host has mounted below it (mount_namespaces(7))"))
  func submounts() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          stop_signal: SIGKILL
          command: [sleep, "100000"]
          volumes:
            - ./tree:/with
            - {type: bind, source: ./tree, target: /without, bind: {recursive: disabled}}
            - {type: bind, source: ./tree, target: /ro, read_only: true, bind: {recursive: readonly}}
            - ./tree:/follows:rslave
      """
    ) { bed in
      try withSubmount(bed) {
        defer { _ = try? bed.down() }
        try bed.up()
        func inside(_ script: String) throws -> [String] {
          lines(try bed.run("containr", ["exec", "-p", "t", "a", "sh", "-c", script]).output)
        }
        #expect(
          try inside("ls /with/sub /without/sub /ro/sub")
            == [
              "/ro/sub:", "file", "", "/with/sub:", "file", "", "/without/sub:", "hidden",
            ].filter { !$0.isEmpty })
        #expect(
          try inside("echo x > /ro/sub/new || echo refused; echo x > /with/sub/new && echo made") == [
            "refused", "made",
          ])
        try run("mount", ["-t", "tmpfs", "later", bed.path + "/tree/later"]).succeeding()
        #expect(
          try inside("ls /with/later; ls /follows/later | wc -l; mount | grep -c ' on /follows/later '") == [
            "hidden", "0", "1",
          ])
        // It is what was asked for, and no drift.
        #expect(try bed.plan().hasPrefix("nothing to do"))
      }
    }
  }

  @Test("a part of a volume is mounted; one that is not there, or a link out of the volume, stops the start")
  func subpath() throws {
    try Bed.use(
      """
      volumes: {data: {}}
      services:
        make:
          layers: [./base]
          command: [sh, -c, "mkdir -p /d/a/b; echo inner > /d/a/b/file; ln -s a /d/link; ln -s /etc /d/out; ln -s ../../../.. /d/up"]
          volumes: ["data:/d"]
      """
    ) { bed in
      try bed.up()
      try bed.wait("make", "exited")
      func service(_ path: String) -> String {
        """
        volumes: {data: {}}
        services:
          use:
            layers: [./base]
            stop_signal: SIGKILL
            command: [sleep, "100000"]
            volumes: [{type: volume, source: data, target: /part, volume: {subpath: \(path)}}]
        """
      }
      try bed.write(service("link/b"))
      try bed.up()
      let exec = try bed.run("containr", ["exec", "-p", "t", "use", "sh", "-c", "cat /part/file; echo x > /part/new"])
      #expect(exec.output == "inner\n", "\(exec)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      for (path, words) in [
        ("a/none", "there is no such path in the volume"), ("out", "leads out of the volume"),
        ("up", "leads out of the volume"),
      ] {
        try bed.write(service(path))
        let up = try bed.tryUp()
        #expect(up.code != 0 && up.errors.contains(words), "\(path): \(up)")
      }
    }
  }
}
