// The command line's words, signals, times and records. Pure.
import ContainrBundle
import ContainrJSON
import ContainrOCI
@testable import ContainrOCIRuntime
import ContainrSystem
import Testing

@Suite("The runtime's words")
struct WordsTests {
  private let forms = ["bundle,b=", "detach,d", "tty,t", "env,e="]

  @Test(
    "An option is understood in every form that engines use, wherever it stands",
    arguments: [
      ["--bundle", "/b", "id"], ["--bundle=/b", "id"], ["-bundle", "/b", "id"], ["-b", "/b", "id"], ["-b=/b", "id"],
      ["id", "-b", "/b"],
    ])
  func forms(words: [String]) throws {
    let parsed = try CommandWords(words, forms)
    #expect(parsed.value("bundle") == "/b" && parsed.operands == ["id"])
  }

  @Test("Flags of one letter may be put together, and be denied")
  func letters() throws {
    let parsed = try CommandWords(["-td", "-eA=b", "-e", "C=d", "id"], forms)
    #expect(parsed.has("tty") && parsed.has("detach") && parsed.values("env") == ["A=b", "C=d"])
    #expect(try !CommandWords(["--detach=false"], forms).has("detach"))
  }

  @Test("A command that has words of its own keeps them")
  func own() throws {
    let parsed = try CommandWords(["-t", "id", "ls", "-t", "--bundle"], forms, ownWords: 1)
    #expect(parsed.operands == ["id", "ls", "-t", "--bundle"])
    #expect(try CommandWords(["--", "-t"], forms).operands == ["-t"])
  }

  @Test("Unknown options and missing values are refused by name")
  func refused() {
    #expect(throws: UsageError(reason: "unknown option --wat")) { try CommandWords(["--wat=1"], forms) }
    for word in ["--=1", "--bundl", "--bundles", "--b,", "--bundle,b", "--env,e"] {
      #expect(throws: UsageError.self, "\(word)") { try CommandWords([word, "x"], forms) }
    }
    #expect(throws: UsageError(reason: "--bundle needs a value")) { try CommandWords(["--bundle"], forms) }
    #expect(throws: UsageError(reason: "unknown option -tx")) { try CommandWords(["-tx"], forms) }
  }

  @Test("Signals have names and numbers")
  func signals() {
    #expect(SignalName.number("9") == 9 && SignalName.number("KILL") == 9 && SignalName.number("sigterm") == 15)
    #expect(SignalName.number("SIGRTMIN+3") == 37 && SignalName.number("RTMAX-1") == 63)
    #expect(SignalName.number("0") == 0 && SignalName.number("65") == nil && SignalName.number("SIGWAT") == nil)
  }

  @Test("A record is read as it was written, and anything else is none")
  func record() throws {
    var state = ContainerState(id: "a", bundle: "/b", ociVersion: "1.0.0", bootID: "x", created: 5, owner: 7)
    state.process = ProcessIdentity(pid: 12, startTime: 34)
    state.isStarted = true
    state.hasCreated = true
    state.cgroupPath = "x/a"
    state.annotations = ["k": "v\n"]
    #expect(ContainerState(try JSONValue(Array(state.json.text().utf8))) == state)
    #expect(ContainerState(.array([])) == nil && ContainerState(.object([JSONMember("id", .string("a"))])) == nil)
  }

  @Test(
    "An id becomes names of files: only what is harmless there is one", arguments: ["", ".", "..", "a/b", "a b", "ä"])
  func ids(id: String) {
    #expect(throws: RuntimeFailure.self) { try StateRoot.check(id) }
  }

  @Test("The config that `spec` writes is one, and has no features that are not there")
  func spec() throws {
    for rootless in [false, true] {
      let text = SpecCommand.document(rootless: rootless, isUnified: true).text(indent: 2)
      let spec = try SpecDecoder.spec(try JSONValue(Array(text.utf8)))
      #expect(spec.process.args == ["sh"])
      #expect(spec.linux.namespaces.contains { $0.type == .user } == rootless)
    }
    #expect(Features.document.text().contains("\"systemd\":false"))
  }
}
