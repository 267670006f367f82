// Bad input through `containr-up` as root: every problem with its place, exit code 2, and nothing started or made.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Bad input", .serialized, .asRoot)
struct BadInputTests {
  /// Expects `up` to refuse a stack: exit 2, exactly these places (`LINE:COLUMN`) under carets, these words, no trace.
  private func refused(
    _ stack: String, at places: [String], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Bed.use(stack, sourceLocation: sourceLocation) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)", sourceLocation: sourceLocation)
      for place in places {
        #expect(up.errors.contains("--> stack.yaml:\(place)\n"), "\(up)", sourceLocation: sourceLocation)
        let line = Int(place.split(separator: ":")[0]) ?? 0
        let text = try bed.read(Bed.file).split(separator: "\n", omittingEmptySubsequences: false)[line - 1]
        #expect(
          up.errors.contains("\(line) | \(text)\n"), "the line of \(place): \(up)", sourceLocation: sourceLocation)
      }
      #expect(
        up.errors.components(separatedBy: "--> ").count - 1 == places.count, "\(up)", sourceLocation: sourceLocation)
      #expect(up.errors.contains("^"), "\(up)", sourceLocation: sourceLocation)
      for word in words { #expect(up.errors.contains(word), "\(word): \(up)", sourceLocation: sourceLocation) }
      bed.expectNothingLeft(sourceLocation: sourceLocation)
    }
  }

  @Test("all problems of a file come at once: unknown key, wrong types, undefined references, a duplicate key")
  func manyAtOnce() throws {
    try refused(
      """
      services:
        web:
          layers: [./base]
          comand: [sleep, "1"]
          command: {a: b}
          mem_limit: lots
          depends_on: [databse]
          networks: [bakc]
          volumes: ["dat:/data"]
        database:
          layers: [./base]
          command: [sleep, "1"]
          command: [sleep, "2"]
          ports: ["99999:80"]
      networks: { back: {} }
      volumes: { data: {} }
      """, at: ["5:5", "6:14", "7:16", "8:18", "9:16", "10:15", "14:5", "15:13"], "did you mean 'command'?",
      "did you mean 'database'?", "did you mean 'back'?", "did you mean 'data'?", "8 errors")
  }

  @Test("a cycle of dependencies names everyone in it")
  func cycle() throws {
    try refused(
      """
      services:
        a: { layers: [./base], command: [x], depends_on: [b] }
        b: { layers: [./base], command: [x], depends_on: [c] }
        c: { layers: [./base], command: [x], depends_on: [a] }
      """, at: ["3:53"], "a → b → c → a")
  }

  @Test("broken YAML is shown where it breaks")
  func yaml() throws {
    try Bed.use("services:\n  a: [\n") { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("--> stack.yaml:") && up.errors.contains("C0001"), "\(up)")
      bed.expectNothingLeft()
    }
  }

  @Test("missing layers and bind sources of all services are named at once, before anything is made")
  func missingFiles() throws {
    try refused(
      """
      services:
        a:
          layers: [./base, ./nowhere]
          command: [sleep, "1"]
        b:
          layers: [./absent.tar]
          command: [sleep, "1"]
          volumes:
            - type: bind
              source: ./no-such-directory
              target: /x
              bind: { create_host_path: false }
      """, at: ["4:13", "7:13", "12:17"], "nowhere", "absent.tar", "no-such-directory", "3 errors")
  }

  @Test("a layer that is no archive is an error that names it, and leaves nothing")
  func badLayer() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./broken.tar]
          command: [sleep, "1"]
      """
    ) { bed in
      try bed.sandbox.directory.write(String(repeating: "this is not a tar archive ", count: 100), to: "broken.tar")
      let up = try bed.tryUp()
      #expect(up.code == 2 || up.code == 4, "\(up)")
      #expect(up.errors.contains("broken.tar"), "\(up)")
      #expect(try bed.ps().allSatisfy { $0.state != "running" })
    }
  }

  @Test("a port that is taken names who holds it: a process of the host, or another stack")
  func portTaken() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          ports: ["8080:80"]
      """
    ) { bed in
      let holder = try Command(
        "nsenter",
        [
          "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))", "busybox", "httpd", "-f", "-p", "8080",
        ])
      try eventually("somebody listens") { try bed.shell("busybox netstat -tln").contains(":8080 ") }
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)")
      // Whose it is a user is not told by the kernel.
      let words =
        bed.sandbox.user == nil ? ["busybox", "\(holder.pid)"] : ["taken by another program or another user"]
      for word in words + ["8080"] { #expect(up.errors.contains(word), "\(up)") }
      #expect(up.errors.contains("--> stack.yaml:7:13") && up.errors.contains("^"), "\(up)")
      bed.expectNothingLeft()
      holder.signal(SIGKILL)
      _ = holder.wait()
      try bed.up()
      try bed.sandbox.directory.write(
        try bed.read(Bed.file).replacingOccurrences(of: "name: t", with: "name: u"), to: "other.yaml")
      let other = try bed.run("containr-up", ["-d", "other.yaml"])
      #expect(other.code == 2 && other.errors.contains("a of stack t"), "\(other)")
      #expect(try bed.run("containr", ["ps", "-p", "u", "--json"]).output == "[]\n")
    }
  }

  @Test("a user without a home is told so, exit 2, and nothing is made")
  func notRoot() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "1"] }
      """
    ) { bed in
      // The programs where anybody may reach them.
      for program in ["containr-up", "containr-down", "containr", "containr-cli", "containr-run", "containr-shim"] {
        // Not copied by this process: a child that is being started would hold the file open for writing.
        try run("cp", [try BuiltPrograms.path(program), bed.path]).succeeding()
      }
      for arguments in [
        ["containr-up", "-d", Bed.file], ["containr-down", Bed.file], ["containr", "plan", Bed.file],
        ["containr", "ps", Bed.file], ["containr", "run", "--layer", "./base", "--", "true"],
        ["containr", "run", "--layer=./base", "--", "true"],
      ] {
        let result = try run(
          "setpriv",
          ["--reuid", "65534", "--regid", "65534", "--clear-groups", "./\(arguments[0])"] + arguments.dropFirst(),
          environment: ["HOME": ""], directory: bed.sandbox.directory.url)
        // For `plan`, 2 means that there are changes.
        #expect(result.code == (arguments.contains("plan") ? 3 : 2) && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains("HOME is not set"), "\(result)")
      }
      let check = try run(
        "setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "./containr", "check", Bed.file],
        environment: bed.sandbox.environment, directory: bed.sandbox.directory.url)
      #expect(check.code == 0, "\(check)")
      bed.expectNothingLeft()
    }
  }

  @Test("a user that the layers do not have, a file as working directory and a taken subnet are refused in words")
  func hostRefuses() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "1"], user: nobody-here }
      """
    ) { bed in
      let up = try bed.tryUp()
      #expect(up.code != 0 && up.errors.contains("nobody-here"), "\(up)")
      #expect(try bed.ps().allSatisfy { $0.state != "running" })
      try bed.down()
      try bed.write(
        """
        services:
          a: { layers: [./base], command: [sleep, "1"] }
        networks:
          default:
            ipam: { config: [{ subnet: 198.51.100.0/24 }] }
        """)
      let overlap = try bed.tryUp()
      #expect(
        overlap.code == 2 && overlap.errors.contains("stack.yaml:6:") && overlap.errors.contains("uplink"), "\(overlap)"
      )
      bed.expectNothingLeft()
    }
  }

  @Test("a file that is not there and a name without a stack are said in one sentence")
  func noFile() throws {
    try Bed.use { bed in
      let up = try bed.tryUp()
      #expect(up.code != 0 && up.errors.contains("stack.yaml"), "\(up)")
      let found = try bed.run("containr-up", ["-d"])
      #expect(found.code != 0 && found.errors.contains("stack.yaml"), "\(found)")
      bed.expectNothingLeft()
    }
  }

  @Test(
    "what other tools learn from the kernel is told before anything is made: bind sources of the wrong kind or missing")
  func binds() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sleep, "1"]
          volumes:
            - ./kind:/etc/passwd
            - ./passwd:/etc/group
            - ./app.conf:/srv/app.conf
            - ./file:/tmp
            - ./made:/srv/made
      """
    try Bed.use(stack) { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/kind", withIntermediateDirectories: true)
      try bed.sandbox.directory.write("x", to: "file")
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)")
      for words in [
        "kind is a directory, its target /etc/passwd is a file in",
        "passwd does not exist; its target /etc/group is a file in",
        "app.conf does not exist, and its target /srv/app.conf looks like a file",
        "file is a file, its target /tmp is a directory in", "--> stack.yaml:7:9", "--> stack.yaml:10:9",
      ] {
        #expect(up.errors.contains(words), "\(words): \(up)")
      }
      #expect(!bed.exists("passwd") && !bed.exists("app.conf") && !bed.exists("made"))
      bed.expectNothingLeft()
    }
  }

  @Test("a dependency that is unhealthy is told with what its probe said and its place; the dependent is not tried")
  func unhealthy() throws {
    let stack = """
      services:
        db:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          healthcheck: {test: "echo no socket yet; exit 3", interval: 100ms, retries: 2}
        web: {layers: [./base], command: [sleep, "1"], depends_on: {db: {condition: service_healthy}}}
      """
    try Bed.use(stack) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 4, "\(up)")
      for words in [
        "service db: t-db-1 is unhealthy: no socket yet\n --> stack.yaml:3:3\n", "container t-web-1",
        "skipped: service db failed",
      ] {
        #expect(up.errors.contains(words), "\(words): \(up)")
      }
    }
  }
}
