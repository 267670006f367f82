// Which messages say that a program is ready, and what a config gets so that it can say so.
import ContainrOCI
@testable import ContainrOCIRuntime
import SystemPackage
import Testing

@Suite("Readiness")
struct NotifySocketTests {
  private func socket(_ text: String) throws -> NotifySocket? {
    try NotifySocket(Surroundings(entries: ["NOTIFY_SOCKET=\(text)"]))
  }

  @Test(
    "READY=1 as a line of a message says it, wherever it stands",
    arguments: ["READY=1", "READY=1\n", "STATUS=a\nREADY=1\nMAINPID=1\n", "\n\nREADY=1"])
  func ready(message: String) {
    #expect(NotifyRelay.saysReady(Array(message.utf8)))
  }

  @Test(
    "Nothing else does, and no message that is longer than systemd's may be",
    arguments: [
      "", "READY=0", "READY=10", "XREADY=1", "STATUS=READY=1", "ready=1", "READY=1\r\n", "READY=1\0", "READY =1",
      "READY=1\n" + String(repeating: "x", count: 4089),
    ])
  func notReady(message: String) {
    #expect(!NotifyRelay.saysReady(Array(message.utf8)))
  }

  @Test("The longest message that may be is looked at")
  func longest() {
    let message = "READY=1\n" + String(repeating: "x", count: 4088)
    #expect(message.utf8.count == 4096 && NotifyRelay.saysReady(Array(message.utf8)))
  }

  @Test("An absolute path or a name without a file is where somebody listens; an empty one is nobody")
  func addresses() throws {
    #expect(try socket("/run/systemd/notify") == .file("/run/systemd/notify"))
    #expect(try socket("@a/b") == .abstract("a/b"))
    #expect(try socket("") == nil)
    #expect(try NotifySocket(Surroundings(entries: [])) == nil)
    for text in ["@", "vsock:2:1234", "relative", "vsock-stream:2:1"] {
      let failure = #expect(throws: RuntimeFailure.self) { try socket(text) }
      #expect(failure?.description.contains("NOTIFY_SOCKET is `\(text)`") == true)
    }
  }

  @Test("The mount comes last and can hold nothing but sockets; the variable replaces one of the config's")
  func config() throws {
    var spec = RuntimeSpec(process: OCIProcess(args: ["a"]), root: OCIRoot(path: "/"))
    spec.mounts = [OCIMount(destination: "/run", type: "tmpfs", source: "tmpfs")]
    spec.process.env = ["NOTIFY_SOCKET=/other", "A=b", "NOTIFY_SOCKETS=2"]
    let directory = StateDirectory(path: "/run/containr-runtime/x", id: "x")
    let added = NotifySocket.added(to: spec, directory)
    #expect(added.process.env == ["A=b", "NOTIFY_SOCKETS=2", "NOTIFY_SOCKET=/run/notify/notify.sock"])
    #expect(added.mounts.map(\.destination) == ["/run", "/run/notify"])
    #expect(added.mounts[1].source == "/run/containr-runtime/x/notify" && added.mounts[1].type == "bind")
    #expect(added.mounts[1].options == ["bind", "nosuid", "noexec", "nodev", "ro"])
  }
}
