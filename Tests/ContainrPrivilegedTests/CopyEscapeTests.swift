// `containr cp` beside a hostile container: programs of its own in the place of the usual ones, and names that change
// while they are looked up. Tests/mutants.toml takes the mitigations out.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Copies beside a hostile container", .serialized, .asRoot)
struct CopyEscapeTests {
  /// What other tools have called from inside a container to unpack or to look users up.
  private static let helpers = [
    "tar", "gzip", "gunzip", "unpigz", "pigz", "xz", "unxz", "bzip2", "bunzip2", "zstd", "unzstd", "lrzip", "lzop",
    "getent", "nsenter",
  ]

  // With a helper looked up in PATH after the container's root was entered: out/ran is there.
  @Test("CVE-2019-14271, 2026-41567, 2022-1227: a copy and a look run no program of the container's")
  func helpers() throws {
    try Bed.use { bed in
      for name in Self.helpers {
        try bed.sandbox.directory.write(
          "#!/bin/sh\necho \(name) >> /out/ran\nexec busybox cat\n", to: "evil/bin/\(name)")
      }
      try bed.sandbox.directory.write("passwd: files evil\ngroup: evil\n", to: "evil/etc/nsswitch.conf")
      try bed.sandbox.directory.write("text\n", to: "from/file")
      try bed.shell("cd \(bed.path); chmod 755 evil/bin/*; ls -l evil/bin")
      try bed.write(
        """
        services:
          web:
            layers: [./evil, ./base]
            command: [sleep, "1000"]
            network_mode: none
            stop_signal: SIGKILL
            volumes: ["./out:/out"]
        """)
      try bed.up()
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "gzip"]).code == 0)
      #expect(bed.exists("out/ran"), "the trap works")
      try FileManager.default.removeItem(atPath: bed.path + "/out/ran")
      let program = try BuiltPrograms.path("containr")
      var taken = 0
      for packer in ["cat", "gzip -c", "xz -c", "zstd -c", "bzip2 -c", "(printf 'LRZI\\000\\006'; cat)"] {
        let line = "tar -C \(bed.path)/from -cf - file | \(packer) | \(program) cp - t-web-1:/tmp"
        let done = try bed.sandbox.runInShell(line)
        taken += done.code == 0 ? 1 : 0
        #expect(done.code == 0 || done.errors.contains("error"), "\(packer): \(done)")
      }
      #expect(taken > 0)
      try bed.run("containr", ["cp", "t-web-1:/tmp", "got"]).succeeding()
      try bed.run("containr", ["top", "-f", Bed.file]).succeeding()
      try bed.run("containr", ["export", "-o", "root.tar", "t-web-1"]).succeeding()
      #expect(!bed.exists("out/ran"))
    }
  }

  private static let swapper = #"""
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
      for (;;) syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], 2 /* RENAME_EXCHANGE */);
    }
    """#

  // With paths of a running container looked up without RESOLVE_IN_ROOT, or those of a volume without RESOLVE_BENEATH:
  // victim/file is there, or `outside` comes out.
  @Test("CVE-2018-15664, 2026-42306, 2019-10152: a directory and a link to / are exchanged under copies in and out")
  func exchange() throws {
    try Bed.use { bed in
      let swap = try CProgram.compiled("swap", Self.swapper)
      let victim = bed.path + "/victim"
      try bed.sandbox.directory.write("outside\n", to: "victim/secret")
      try bed.sandbox.directory.write("new\n", to: "file")
      try bed.sandbox.directory.write("inside\n", to: "volume/dir\(victim)/secret")
      try bed.shell("cd \(bed.path); cp \(swap) base/bin/swap; ln -s / volume/link; chmod 777 volume")
      try bed.write(
        """
        services:
          swap: {layers: [./base], command: [swap, /v/dir, /v/link], network_mode: none, stop_signal: SIGKILL, volumes: ["./volume:/v"]}
          up: {layers: [./base], command: [sleep, "1000"], network_mode: none, stop_signal: SIGKILL, volumes: ["./volume:/v"]}
          ended: {layers: [./base], command: ["true"], network_mode: none, volumes: ["./volume:/v"]}
        """)
      try bed.up()
      try bed.wait("ended", "exited")
      let root = try FileManager.default.contentsOfDirectory(atPath: "/").sorted()
      var inside = 0
      for round in 0..<30 {
        for name in ["t-up-1", "t-ended-1"] {
          let into = try bed.run("containr", ["cp", "file", "\(name):/v/dir\(victim)/file"])
          inside += into.code == 0 ? 1 : 0
          let out = try bed.run("containr", ["cp", "\(name):/v/dir\(victim)/secret", "got\(round)"])
          #expect(try out.code != 0 || bed.read("got\(round)") == "inside\n", "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim) == ["secret"], "written outside")
      }
      #expect(inside > 0, "no copy went where it should")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "/").sorted() == root)
    }
  }
}
