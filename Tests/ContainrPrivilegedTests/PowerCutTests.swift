// A machine that loses its power while a stack runs or a command works, and one that is shut down: what is on the disk is
// whole, and the next boot's `up` has everything again.
import ContainrTestSupport
import Foundation
import Testing

// Not serialized: each test has a machine of its own.
@Suite("The machine's end", .asRoot, .notAsUser("a machine has a root of its own"))
struct PowerCutTests {
  /// A fixed and an automatic address, names, a port of a range, volumes of two kinds, one that begins with the layer's data,
  /// a job, and what a hand has stopped.
  private static let stack = """
    services:
      job:
        layers: [./base]
        command: [sh, -c, "echo ran >>/out/job"]
        volumes: ["./out:/out"]
      web:
        layers: [./base.tar]
        command: [sh, -c, "echo begun; mkdir -p /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        restart: always
        ports: ["8080-8090:80"]
        volumes: ["data:/data", "bound:/bound"]
        networks: {default: {ipv4_address: 10.215.9.9}, shared: {}}
        depends_on: {job: {condition: service_completed_successfully}}
      app:
        layers: [./base.tar]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        restart: unless-stopped
        networks: {default: {}, shared: {}}
        deploy: {replicas: 3}
    networks:
      default: {ipam: {config: [{subnet: 10.215.9.0/24}]}}
      shared: {external: true}
    volumes:
      data: {}
      bound: {driver_opts: {type: none, o: bind, device: DISK/elsewhere}}
    """

  /// Makes what it stands on.
  private func prepare(_ machine: Machine) throws {
    let stack = Self.stack.replacingOccurrences(of: "DISK", with: machine.disk)
    try machine.write(stack)
    for number in 1...50 { try machine.sandbox.directory.write("seed \(number)\n", to: "base/data/\(number)") }
    try BaseLayer.pack(machine.path + "/base", into: machine.path + "/base.tar")
    try machine.shell("mkdir -p \(machine.disk)/elsewhere; echo there >\(machine.disk)/elsewhere/file; sync")
    try machine.run("containr", ["network", "create", "shared"]).succeeding()
  }

  private func clear(_ machine: Machine) throws {
    try machine.run("containr", ["network", "rm", "-f", "shared"]).succeeding()
    try machine.shell("rm -r \(machine.disk)/elsewhere")
    try machine.expectNothingLeft()
  }

  /// Addresses by container and network; none twice.
  private func addresses(_ machine: Machine) throws -> [String] {
    let all = try machine.ps().flatMap { row in row.addresses.map { "\(row.name) \($0)" } }.sorted()
    let numbers = all.compactMap { $0.split(separator: " ").last }
    #expect(Set(numbers).count == numbers.count, "\(all)")
    return all
  }

  @Test(
    "after a cut the next up has a stack again as it was: addresses, ports, names, volumes, layers, logs; down leaves nothing"
  )
  func running() throws {
    try Machine.use { machine in
      try prepare(machine)
      try machine.up()
      try machine.expectPage("127.0.0.1:8080", "page\n")
      let before = try addresses(machine)
      // What a container has written through to the disk is there, in a volume and in its own layer.
      try machine.run(
        "containr", ["exec", "-T", "-p", "t", "web", "sh", "-c", "echo kept | tee /data/new >/own; sync"]
      )
      .succeeding()
      try machine.run("containr", ["stop", "-p", "t", "app"]).succeeding()
      try machine.cutAndBoot()
      // Before anything is started it can all be looked at.
      #expect(try machine.states() == ["app stopped", "app stopped", "app stopped", "job died", "web died"])
      #expect(try machine.run("containr", ["plan", Bed.file]).code == 2)
      #expect(try machine.run("containr", ["status", "-p", "t"]).code == 2)
      #expect(try Set(machine.log("web")).isSubset(of: ["begun"]))
      try machine.expectConverged("after a cut")
      // All of the file, whatever it was before: also what had done its work, and what somebody had stopped.
      #expect(try machine.states() == ["app running", "app running", "app running", "job exited", "web running"])
      #expect(try String(contentsOfFile: machine.path + "/out/job", encoding: .utf8) == "ran\nran\n")
      #expect(try addresses(machine) == before)
      try machine.expectPage("127.0.0.1:8080", "page\n")
      let seen = try machine.run(
        "containr", ["exec", "-T", "-p", "t", "app", "sh", "-c", "nc -w 5 web 80 </dev/null && echo found"])
      #expect(seen.output == "found\n", "\(seen)")
      let files = try machine.run(
        "containr",
        ["exec", "-T", "-p", "t", "web", "sh", "-c", "cat /own /data/new /bound/file; cat /data/* | grep -c seed"])
      #expect(files.output == "kept\nkept\nthere\n50\n", "\(files)")
      try machine.down("after a cut")
      try clear(machine)
    }
  }

  @Test("a cut in the middle of an up or a down: the next up converges with nothing doubled, and down leaves nothing")
  func middle() throws {
    try Machine.use { machine in
      try prepare(machine)
      let whole = try machine.up().seconds
      try machine.down("measured")
      var choices = CrashChoices("power cut")
      for round in 0..<CrashChoices.rounds(4) {
        let isDown = round % 2 == 1
        if isDown { try machine.up() }
        let delay = Double.random(in: 0.2...1.1, using: &choices) * whole * (isDown ? 0.5 : 1)
        let words = "\(isDown ? "down" : "up") cut after \(Int(delay * 1000)) ms, seed \(choices.seed)"
        let command = try machine.start(
          isDown ? "containr-down" : "containr-up", isDown ? ["-y", Bed.file] : ["-d", "-y", Bed.file])
        usleep(UInt32(delay * 1_000_000))
        try machine.cutAndBoot()
        _ = command.wait()
        do {
          for look in [["ls", "-a"], ["ps", "-p", "t"], ["volume", "ls"], ["network", "ls"]] {
            try machine.run("containr", look).succeeding()
          }
          try machine.expectConverged(words)
          _ = try addresses(machine)
          try machine.expectPage("127.0.0.1:8080", "page\n")
          let seeds = try machine.run(
            "containr", ["exec", "-T", "-p", "t", "web", "sh", "-c", "cat /data/* | grep -c seed"])
          #expect(seeds.output == "50\n", "\(words): what a volume begins with is whole: \(seeds)")
          try machine.down(words)
        } catch { Issue.record("\(words): \(error)") }
      }
      try clear(machine)
    }
  }

  @Test("a cut while images come: what the store has is whole, the same again ends well and leaves nothing on its way")
  func images() throws {
    let registry = try TestRegistry(.http, try RegistryMaterial())
    // The registry is in the caller's network.
    try Machine.use(isAlone: false) { machine in
      let path = machine.path
      try run("sh", ["-c", "head -c 6000000 /dev/urandom >\(path)/sum; cp \(path)/sum \(path)/base/random"])
        .succeeding()
      try ImageLayout(directory: path + "/layout").add("demo", layers: [path + "/base"], config: #"{"Cmd":["true"]}"#)
      let name = "\(registry.address)/demo:1"
      try run("skopeo", ["copy", "-q", "--dest-tls-verify=false", "oci:\(path)/layout:demo", "docker://\(name)"])
        .succeeding()
      try run("sh", ["-c", "cd \(path); skopeo --insecure-policy copy -q oci:layout:demo oci-archive:demo.tar:demo:1"])
        .succeeding()
      var choices = CrashChoices("power cut of images")
      for round in 0..<CrashChoices.rounds(6) {
        let arguments = round % 2 == 0 ? ["image", "load", "demo.tar"] : ["image", "pull", name]
        let begin = Date()
        let command = try machine.start("containr", arguments)
        let delay = Double.random(in: 0.05...0.6, using: &choices)
        while command.isRunning, Date() < begin.addingTimeInterval(delay) { usleep(2000) }
        try machine.cutAndBoot()
        _ = command.wait()
        let words = "\(arguments) cut after \(Int(delay * 1000)) ms, seed \(choices.seed)"
        let verified = try machine.run("containr", ["image", "verify"])
        #expect(verified.code == 0, "\(words): \(verified)")
        let again = try machine.run("containr", arguments)
        #expect(again.code == 0, "\(words): \(again)")
        try machine.run("containr", ["image", "verify"]).succeeding()
        let left = try machine.shell(
          """
          ls \(machine.stateDirectory)/images/ingest; ls -A \(machine.stateDirectory)/layers | grep tmp
          for layer in \(machine.stateDirectory)/layers/sha256/*; do
            case $layer in *.boot) ;; *) cmp -s $layer/random sum || echo $layer ;; esac
          done
          true
          """)
        #expect(left.isEmpty, "\(words): \(left)")
        try machine.run("containr", ["image", "prune", "-a", "-f"]).succeeding()
      }
    }
  }

  @Test("a log that ends in the middle of a line after a cut goes on with a line of its own")
  func log() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "for i in 1 2 3; do echo whole $$i; done; exec sleep 100000"]
          stop_signal: SIGKILL
          network_mode: none
      """
    let lines = ["whole 1", "whole 2", "whole 3"]
    try Machine.use(stack) { machine in
      try machine.up()
      try eventually("it has written") { try machine.log("a") == lines }
      let file = "\(machine.stateDirectory)/containers/t-a-1/log/container.log"
      // Of the last line: some text, not even its head, and room without bytes.
      for (cut, rest) in [
        ("truncate -s -4", ["whole 1", "whole 2", "whol"]), ("truncate -s -30", ["whole 1", "whole 2"]),
        ("truncate -s +2000", lines),
      ] {
        try machine.shell("sync")
        try machine.cutAndBoot()
        try machine.shell("\(cut) \(file)")
        let broken = try machine.log("a")
        #expect(broken == rest.filter { $0 != "whol" }, "what has no end is not shown")
        try machine.up()
        try eventually("it has written again") { try machine.log("a").suffix(3) == lines }
        #expect(try machine.log("a") == rest + lines, "\(cut)")
        let json = try machine.run("containr", ["logs", "-p", "t", "--json", "a"]).succeeding().output
        #expect(
          json.split(separator: "\n").allSatisfy { $0.hasPrefix("{\"time\":\"20") && !$0.contains("\\u0000") },
          "\(json)")
        try machine.shell(": >\(file)")
        try machine.run("containr", ["restart", "-p", "t", "a"]).succeeding()
        try eventually("it begins anew") { try machine.log("a") == lines }
      }
      try machine.down("logs")
      try machine.expectNothingLeft()
    }
  }

  @Test("a job that has begun before a cut is not begun again; one that was about to begin is")
  func job() throws {
    let stack = """
      services:
        job:
          layers: [./base]
          command: [sh, -c, "echo run >>/out/job; exec sleep 100000"]
          volumes: ["./out:/out"]
          stop_signal: SIGKILL
          network_mode: none
          x-containr: {schedule: {cron: "0 0 1 1 *", timezone: UTC, catch-up: true}}
      """
    try Machine.use(stack) { machine in
      let record = "\(machine.stateDirectory)/containers/t-job-1/schedule"
      func runs() throws -> Int { try machine.shell("cat out/job || true").split(separator: "\n").count }
      func results() throws -> [String] {
        let words = ["events", "-f", Bed.file, "--since", "1h", "--until", "0s", "--filter", "event=schedule"]
        return try machine.run("containr", words).succeeding().output.split(separator: "\n").map { line in
          String(line.components(separatedBy: "result=").last?.prefix { $0 != ")" && $0 != "," } ?? "")
        }
      }
      /// Its time is now, for a supervisor that dies at a point.
      func begin(_ point: String) throws {
        try eventually("it has a time") { try machine.shell("cat \(record) || true").contains("0 0 1 1 *") }
        try machine.shell("kill -KILL $(pgrep -f '[s]upervise t')")
        let times = try machine.shell("cat \(record)").split(separator: " ", maxSplits: 2)
        try machine.shell("echo '\(Int(Date().timeIntervalSince1970)) 0 \(times[2].dropLast())' >\(record)")
        let program = try BuiltPrograms.path("containr")
        let words = "CONTAINR_FAILPOINT=schedule:t-job-1:\(point) setsid \(program) supervise t"
        try machine.shell("\(words) 3>/dev/null </dev/null >/dev/null 2>&1; test $? = 137")
      }
      try machine.up()
      try begin("kept")
      try eventually("it runs") { try runs() == 1 }
      try machine.cutAndBoot()
      try machine.expectConverged("after a run has begun")
      try eventually("it has a time") { try machine.ps().first?.state == "scheduled" }
      #expect(try results().isEmpty && runs() == 1)
      // Of one whose process may have begun or not nobody knows.
      try begin("begun")
      #expect(try runs() == 1)
      try machine.cutAndBoot()
      try machine.up()
      try eventually("it has begun") { try results().last == "started" && runs() == 2 }
      try machine.down("jobs")
      try machine.expectNothingLeft()
    }
  }

  @Test(
    "at a shutdown without a unit what ends by SIGTERM ends in order, with its last words in its log, and is not started again"
  )
  func shutdown() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "trap 'sleep 0.5; echo last words; exit 0' TERM; echo begun; while :; do sleep 0.1; done"]
          restart: always
          network_mode: none
      """
    try Machine.use(stack) { machine in
      try machine.up()
      try eventually("it listens") { try machine.log("a") == ["begun"] }
      // What an init system does when all units have been stopped.
      try machine.shell("trap '' TERM; kill -TERM -1")
      try eventually("it has ended") { try machine.states() == ["a exited"] }
      #expect(try machine.log("a").filter { $0 != "Terminated" } == ["begun", "last words"])
      try machine.shell("sync")
      try machine.cutAndBoot()
      #expect(try machine.states() == ["a died"])
      #expect(try machine.log("a").filter { $0 != "Terminated" } == ["begun", "last words"])
      try machine.expectConverged("after a shutdown")
      #expect(try machine.states() == ["a running"])
      try machine.down("after a shutdown")
      try machine.expectNothingLeft()
    }
  }
}
