// Plans in files: applied exactly or refused; and the proof that a plan writes nothing.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Saved plans", .serialized, .asRoot)
struct SavedPlanTests {
  private static let stack = """
    services:
      a: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, mem_limit: 64m}
      b: {layers: [./base], command: [sleep, "100001"], stop_signal: SIGKILL, depends_on: [a]}
    """

  @Test("a saved plan is applied as it is, whatever the file says meanwhile, and refused when what is there has moved")
  func apply() throws {
    try Bed.use(Self.stack) { bed in
      // One that everybody may read is there already: it becomes the owner's alone before it holds any value.
      try bed.sandbox.directory.write("old", to: "p.json")
      chmod("\(bed.path)/p.json", 0o644)
      let plan = try bed.run("containr", ["plan", "-o", "p.json", Bed.file])
      #expect(plan.code == 2, "\(plan)")
      let mode = try FileManager.default.attributesOfItem(atPath: bed.path + "/p.json")[.posixPermissions] as? Int
      #expect(mode == 0o600)
      try bed.edit("mem_limit: 64m", "mem_limit: 128m")
      try bed.run("containr-up", ["-d", "-y", "p.json"]).succeeding()
      #expect(try bed.pids().count == 2)
      #expect(try bed.plan().contains("mem_limit: 67108864 → 134217728"), "the saved plan had the old limit")

      let pids = try bed.pids()
      try bed.run("containr", ["plan", "-o", "q.json", Bed.file])
      let b = try #require(try bed.pids()["b-1"])
      kill(b, SIGKILL)
      try eventually("b is gone") { try bed.pids()["b-1"] == nil }
      let stale = try bed.run("containr-up", ["-d", "-y", "q.json"])
      #expect(stale.code == 8 && stale.errors.contains("+ container t-b-1"), "\(stale)")
      #expect(try bed.pids()["a-1"] == pids["a-1"])
      #expect(try bed.plan().contains("mem_limit: 67108864 → 134217728"), "nothing was changed")
    }
  }

  @Test("what stands in the way is told with the plan, and such a plan is not saved")
  func blocked() throws {
    try Bed.use("services: {a: {layers: [./base, ./none], command: [sleep, \"1\"]}}") { bed in
      let plan = try bed.run("containr", ["plan", "-o", "p.json", "--html", "p.html", Bed.file])
      #expect(plan.code == 3 && plan.errors.contains("none"), "\(plan)")
      #expect(!bed.exists("p.json") && !bed.exists("p.html"))
      let typing = try bed.run("containr-up", ["--plan", "nowhere.yaml"])
      #expect(typing.code == 3, "\(typing)")
    }
  }

  @Test("pages and pictures are written whole")
  func pictures() throws {
    try Bed.use(Self.stack) { bed in
      try bed.run("containr", ["plan", "--graph", "p.svg", "--html", "p.html", Bed.file])
      #expect(try bed.read("p.svg").hasSuffix("</svg>\n") && bed.read("p.html").contains("container t-b-1"))
      try bed.up("--report", "up.html")
      let page = try bed.read("up.html")
      #expect(page.contains("look and compare") && page.hasSuffix("</body></html>\n"))
    }
  }

  /// Calls that change a file system, a kernel object or another process, if they succeed.
  private static let mutators =
    "mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat,chmod,fchmod,"
    + "fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,setxattr,fsetxattr,removexattr,utimensat,mount,umount2,"
    + "move_mount,open_tree,fsopen,fsmount,mount_setattr,pivot_root,chroot,sethostname,setns,unshare,kill,tkill,"
    + "pidfd_send_signal,swapon,init_module,bpf,keyctl,add_key"

  @Test(
    "plan writes nothing: with read-only state it says the same, and makes no call that changes anything",
    .notAsUser(
      "a user's command writes a lock into the run directory before it looks at anything"))
  func writesNothing() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.edit("mem_limit: 64m", "mem_limit: 128m")
      let expected = try bed.plan()
      try bed.awaitStill("t-a-1", "t-b-1")
      let files = try bed.fileTimes()
      let program = try BuiltPrograms.path("containr")
      let (state, run) = (bed.sandbox.stateDirectory, bed.sandbox.runDirectory)
      let script = """
        for d in '\(state)' '\(run)'; do mount --bind "$d" "$d" && mount -o remount,bind,ro "$d" || exit 99; done
        exec strace -f -qq -o '\(bed.path)/calls' -e trace=\(Self.mutators),open,openat,openat2,creat,sendmsg,sendto '\(program)' plan \(Bed.file)
        """
      let environment = bed.sandbox.environment.map { "\($0.key)=\($0.value)" }
      let plan = try bed.sandbox.runInNetwork(
        "env", environment + ["unshare", "--mount", "--propagation", "private", "sh", "-c", script])
      // The same plan; and that nobody could carry it out is all that it finds.
      #expect(plan.code == 3 && plan.output == expected, "\(plan)")
      #expect(plan.errors.components(separatedBy: "error[").count == 3, "\(plan)")
      #expect(plan.errors.components(separatedBy: "error[read-only]").count == 3, "\(plan)")
      for call in try bed.read("calls").split(separator: "\n") { check(String(call)) }
      #expect(try bed.fileTimes() == files)
    }
  }

  private func check(_ call: String) {
    let words = call.drop { $0.isNumber || $0 == " " }
    guard !call.contains(" = -1 "), let name = words.split(separator: "(").first, !words.hasPrefix("+++") else {
      return
    }
    if name.hasPrefix("open") || name == "creat" {
      let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"].contains { call.contains($0) }
      // SQLite reads a WAL through shared memory that it keeps beside the database: with read-only state it has none.
      #expect(!writes || call.contains("\"/dev/null\""), "\(call)")
    } else if name.hasPrefix("send") {
      // Requests to the kernel's netlink: dumps ask, everything else would change something.
      let changes =
        call.contains("RTM_NEW") || call.contains("RTM_DEL") || call.contains("RTM_SET") || call.contains("NFT_MSG_NEW")
      #expect(!changes || call.contains("NLM_F_DUMP"), "\(call)")
    } else {
      Issue.record("a plan that changes something: \(call)")
    }
  }
}
