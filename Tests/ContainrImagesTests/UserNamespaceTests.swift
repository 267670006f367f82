import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

/// What somebody without rights has: root of a user namespace that maps a range of ids, and a mount namespace.
@Suite("Layers in a user namespace", .enabled(if: Requirement.isRoot, "ranges of ids are mapped by root"))
struct UserNamespaceTests {
  @Test("are unpacked with mapped owners, whiteouts and opaque directories, and the kernel's own overlay joins them")
  func overlay() throws {
    let scratch = try ScratchDirectory("userns")
    let program = try BuiltPrograms.path("containr-cli")
    var lower = TarBuilder()
    lower.file("etc/old", "old")
    lower.file("dir/hidden", "hidden")
    lower.file("kept", "kept")
    var upper = TarBuilder()
    upper.file("etc/.wh.old")
    upper.file("dir/.wh..wh..opq")
    upper.file("dir/new", "new")
    upper.add("owned", type: "0", mode: 0o640, uid: 1000, gid: 1000)
    upper.add("dev/null", type: "3", mode: 0o666, device: (1, 3))
    let path = FilePath(scratch.path)
    try Kernel.replace(path.appending("lower.tar"), with: lower.archive)
    try Kernel.replace(path.appending("upper.tar"), with: upper.archive)
    try Kernel.changeMode(of: path, mode: 0o755)
    let script = """
      set -eu
      cd '\(scratch.path)'
      mkdir lower upper top work root
      for layer in lower upper; do
        '\(program)' unpack-layer </dev/null 3<$layer.tar 4<$layer | tr '\\0' ' ' >$layer.report
      done
      mount -t overlay overlay -o userxattr,lowerdir=upper:lower,upperdir=top,workdir=work root
      (cd root && find . | LC_ALL=C sort && stat -c '%u:%g %a' owned && cat kept dir/new)
      echo written >root/kept && cat top/kept
      """
    try scratch.write(script, to: "inside")
    // Maps are written from outside, as newuidmap does it for people.
    let result = try run(
      "sh",
      [
        "-euc",
        """
        chown -R 100000:100000 '\(scratch.path)'
        unshare --user --mount sleep 600 & holder=$!
        trap 'kill $holder' EXIT
        until [ "$(readlink /proc/$holder/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
        echo 0 100000 65536 >/proc/$holder/uid_map
        echo 0 100000 65536 >/proc/$holder/gid_map
        nsenter --user --mount --setuid 0 --setgid 0 --target $holder -- sh '\(scratch.path)/inside'
        """,
      ])
    #expect(
      result.output == """
        .
        ./dev
        ./dir
        ./dir/new
        ./etc
        ./kept
        ./owned
        1000:1000 640
        keptnewwritten

        """, "\(result)")
    // On the host they belong to the range.
    let owned = try Kernel.status(of: path.pushing("upper/owned"))
    #expect(owned.uid == 101_000 && owned.gid == 101_000)
    let report = try Kernel.text(of: path.appending("upper.report"))
    #expect(report.contains("devices, which a user namespace cannot make"), "\(report)")
  }
}
