// What `containr logs` shows of which containers and of which time, and what is kept over the lives of one.
import ContainrTestSupport
import Foundation
import Testing

@Suite("logs", .serialized, .asRoot)
struct LogCommandTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo first $$LIFE; sleep 0.1; echo bad >&2; printf 'raw \\\\377\\\\n'; while :; do cat /in/line 2>/dev/null && rm /in/line; sleep 0.02; done"]
        environment: {LIFE: "1"}
        volumes: ["./out:/in"]
        stop_grace_period: 0s
      many: {layers: [./base], command: [sh, -c, "echo from $(hostname); exec sleep 100000"], scale: 2, stop_grace_period: 0s}

    """

  private func logs(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", ["logs", "--file", Bed.file] + words)
  }

  /// What they write at their start is in their logs.
  private func ready(_ bed: Bed, web: Int = 3) throws {
    try eventually("all have written") {
      try logs(bed, "--no-log-prefix", "many").output.split(separator: "\n").count == 2
        && logs(bed, "--json", "web").output.split(separator: "\n").count == web
    }
  }

  private func say(_ bed: Bed, _ text: String) throws {
    // Whole or not at all: it reads in a loop.
    try bed.sandbox.directory.write(text + "\n", to: "out/next")
    try FileManager.default.moveItem(atPath: bed.path + "/out/next", toPath: bed.path + "/out/line")
  }

  private struct Line: Decodable {
    var time: String
    var service: String
    var index: Int
    var container: String
    var stream: String
    var message: String
    var bytes: String?
  }

  private func lines(_ text: String) throws -> [Line] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test("by service, number, pattern and time, in words and as JSON; wrong words are told")
  func choosing() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try ready(bed)
      let json = try lines(logs(bed, "--json", "web").output)
      #expect(json.filter { $0.stream == "stderr" }.map(\.message) == ["bad"])
      #expect(json.filter { $0.stream == "stdout" }.map(\.message) == ["first 1", "raw \u{FFFD}"])
      #expect(json.last { $0.stream == "stdout" }?.bytes == "726177" + "20ff", "\(json)")
      #expect(json.allSatisfy { $0.container == "t-web-1" && $0.service == "web" && $0.index == 1 })
      #expect(try logs(bed, "--index", "2", "--no-log-prefix", "many").output == "from t-many-2\n")
      #expect(try logs(bed, "--index", "3", "many").code == 1)
      #expect(try logs(bed, "--index", "1").code == 1)
      #expect(
        try logs(bed, "--grep", "^(first|from t-many-1$)", "--no-log-prefix").output.split(separator: "\n").count == 2)
      let bad = try logs(bed, "--grep", "(")
      #expect(bad.code == 2 && bad.errors.contains("--grep '('"), "\(bad)")
      #expect(try logs(bed, "-n", "1", "--no-log-prefix", "many").output.split(separator: "\n").count == 2)
      #expect(try logs(bed, "--tail", "0").output == "" && logs(bed, "--tail=-1", "many").output != "")
      #expect(try logs(bed, "--tail", "all", "many").output == logs(bed, "many").output)
      #expect(try logs(bed, "-n", "x").code == 1)
      // By the times of the lines themselves: what is at --since is there, what is at --until is not.
      let times = json.map(\.time).sorted()
      let middle = times[1]
      func shown(_ option: String) throws -> [String] {
        try lines(logs(bed, "--json", option, middle, "web").output).map(\.time).sorted()
      }
      #expect(try shown("--since") == times.filter { $0 >= middle })
      #expect(try shown("--until") == times.filter { $0 < middle })
      #expect(try logs(bed, "--until", "1h", "web").output == "" && logs(bed, "--since", "1h", "web").output != "")
      #expect(try logs(bed, "--since", "1764000000", "--until", "1764000001", "web").output == "")
      #expect(try logs(bed, "--since", "whenever").code == 2)
    }
  }

  /// Lines that `containr logs` prints, and the most memory that it had at once, in MB.
  private func reading(_ bed: Bed, _ words: [String]) throws -> (lines: Int, peak: Int) {
    let program = """
      import resource, subprocess, sys
      logs = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
      lines = 0
      while piece := logs.stdout.read(1 << 20): lines += piece.count(b"\\n")
      if logs.wait() != 0: sys.exit("it ended with %d" % logs.returncode)
      print(lines, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
      """
    let command = ["python3", "-c", program, try BuiltPrograms.path("containr"), "logs", "-p", "t", "--no-log-prefix"]
    let end = try bed.sandbox.runAsCaller(command + words).succeeding()
    let numbers = end.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return (try #require(numbers.first), try #require(numbers.last))
  }

  @Test("a large log takes no more memory than a small one, whatever is asked for, also where a line has no end")
  func memory() throws {
    let stack = """
      x-some: &some {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
      services: {a: *some, b: *some}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      func write(_ service: String, _ record: String, megabytes: Int) throws -> Int {
        let path = try bed.container(service).logFile
        let count = (1 << 20) / record.utf8.count
        let block = Data(String(repeating: record, count: count).utf8)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        for _ in 0..<megabytes { try file.write(contentsOf: block) }
        try file.close()
        return count * megabytes
      }
      let words = String(repeating: "a line of a log ", count: 6)
      let line = "2026-01-02T03:04:05.000000000Z stdout F \(words)\n"
      let part = "2026-01-02T03:04:05.000000000Z stderr P \(String(repeating: words, count: 40))\n"
      var lines = try write("a", line, megabytes: 1) + write("b", line, megabytes: 1)
      let small = try reading(bed, [])
      #expect(small.lines == lines)
      lines += try write("a", line, megabytes: 48)
      _ = try write("b", part, megabytes: 24)
      let large = try reading(bed, [])
      // What has no end is shown in pieces of a megabyte.
      #expect((lines + 20...lines + 24).contains(large.lines), "\(large) of \(lines)")
      let last = try reading(bed, ["-n", "5"])
      #expect(last.lines == 10)
      let none = try reading(bed, ["--grep", "nothing of the kind"])
      #expect(none.lines == 0)
      for (what, peak) in [("all", large.peak), ("the last ones", last.peak), ("none", none.peak)] {
        #expect(peak < small.peak + 32, "\(what): \(peak) MB, \(small.peak) MB of a small one")
      }
    }
  }

  @Test("-f goes on with what is written and with who comes; --until ends it")
  func follow() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try ready(bed)
      let follower = try bed.sandbox.start(
        "containr", ["logs", "--file", Bed.file, "-f", "--grep", "^(line|from)", "--tail", "0"])
      defer { follower.signal(SIGKILL) }
      // It is there once it shows something.
      var count = 0
      try eventually("it follows") {
        count += 1
        if !bed.exists("out/line") { try say(bed, "line \(count)") }
        return follower.outputSoFar.contains("web-1  | line")
      }
      try eventually("all is read") { !bed.exists("out/line") }
      try bed.run("containr", ["scale", "-f", Bed.file, "many=3"]).succeeding()
      try eventually("the new one is shown") { follower.outputSoFar.contains("many-3 | from t-many-3\n") }
      try bed.up("--force-recreate", "--scale", "many=3")
      try eventually("and the next life of each") {
        follower.outputSoFar.components(separatedBy: "from t-many-3\n").count == 3
      }
      follower.signal(SIGTERM)
      _ = follower.wait()
      let formatter = ISO8601DateFormatter()
      let end = formatter.string(from: Date().addingTimeInterval(2))
      let ended = try logs(bed, "-f", "--until", end, "--tail", "0", "many")
      #expect(ended.code == 0 && ended.output == "", "\(ended)")
    }
  }

  @Test("-f loses no line without saying so, whatever is rotated away while nobody reads")
  func rotation() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "echo 0; while test ! -e /in/go; do sleep 0.02; done; seq 1 400000; touch /in/END; while test ! -e /in/end; do sleep 0.02; done; echo 400001"]
          volumes: ["./out:/in"]
          logging: {options: {max-size: 64k, max-file: "3"}}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      let follower = try bed.sandbox.start("containr", ["logs", "--file", Bed.file, "-f", "--no-log-prefix"])
      defer { follower.signal(SIGKILL) }
      try eventually("it follows") { follower.outputSoFar == "0\n" }
      // It is held while some twenty megabytes go through files of 64 kB: most are gone when it goes on.
      follower.signal(SIGSTOP)
      try bed.sandbox.directory.write("", to: "out/go")
      try eventually("all is written") { bed.exists("out/END") }
      follower.signal(SIGCONT)
      try bed.sandbox.directory.write("", to: "out/end")
      let end = follower.wait()
      #expect(end.code == 0, "\(end.code) \(end.errors)")
      let numbers = end.output.split(separator: "\n").compactMap { Int($0) }
      #expect(numbers.first == 0 && numbers.last == 400_001)
      let jumps = zip(numbers, numbers.dropFirst()).filter { $1 != $0 + 1 }
      let told = end.errors.split(separator: "\n").filter { $0.contains("t-a-1: lines after ") }
      #expect(jumps.count >= 1 && told.count == jumps.count, "\(jumps) \(end.errors)")
      #expect(jumps.allSatisfy { $0.1 > $0.0 }, "\(jumps)")
    }
  }

  @Test("-f ends by itself when all that is followed has ended for good, and not before")
  func ends() throws {
    let stack = """
      services:
        job: {layers: [./base], command: [sh, -c, "while test ! -e /in/go; do sleep 0.02; done; echo done"], volumes: ["./out:/in"]}
        again: {layers: [./base], command: [sh, -c, "echo tried; exit 3"], restart: "on-failure:2"}
        stays: {layers: [./base], command: [sh, -c, "echo here; exec sleep 100000"], stop_grace_period: 0s}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      let follower = try bed.sandbox.start("containr", ["logs", "--file", Bed.file, "-f", "job", "again"])
      defer { follower.signal(SIGKILL) }
      try eventually("one has ended for good") {
        let path = "run/stacks/t/health/t-again-1"
        let isTold = follower.outputSoFar.components(separatedBy: "tried\n").count == 4
        return try isTold && bed.exists(path) && bed.read(path).hasPrefix("over")
      }
      try bed.sandbox.directory.write("", to: "out/go")
      let end = follower.wait()
      #expect(end.code == 0 && end.output.contains("| done\n") && !end.output.contains("here"), "\(end)")
      let nothing = try bed.run("containr", ["logs", "--file", Bed.file, "-f", "job"])
      #expect(nothing.code == 0 && nothing.output.contains("done"), "\(nothing)")
    }
  }

  @Test("what a container wrote is kept when it is made again, also by a rolling update, and goes with its place")
  func lives() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try ready(bed)
      func first() throws -> [String] {
        try logs(bed, "--no-log-prefix", "--grep", "^first", "web").output.split(separator: "\n").map(String.init)
      }
      try bed.edit("LIFE: \"1\"", "LIFE: \"2\"")
      try bed.up()
      try eventually("both lives are shown") { try first() == ["first 1", "first 2"] }
      try bed.edit("LIFE: \"2\"", "LIFE: \"3\"")
      try bed.edit(
        "    stop_grace_period: 0s\n  many",
        "    stop_grace_period: 0s\n    deploy: {update_config: {order: start-first}}\n  many")
      try bed.up()
      try eventually("also from the other slot") { try first() == ["first 1", "first 2", "first 3"] }
      #expect(try bed.plan().hasPrefix("nothing to do"), "what is kept is no leftover")
      try bed.edit("LIFE: \"3\"", "LIFE: \"4\"")
      try bed.up()
      try eventually("and back again") { try first().last == "first 4" }
      #expect(try first() == ["first 1", "first 2", "first 3", "first 4"])
      // What fails is explained by what it wrote itself, not by its former lives.
      try bed.edit("command: [sh, -c, \"echo first $$LIFE;", "command: [sh, -c, \"exit 9; echo first $$LIFE;")
      try bed.edit("deploy: {update_config: {order: start-first}}", "restart: \"no\"")
      let failed = try bed.run("containr-up", ["-y", "--wait", "--on-failure", "keep", Bed.file])
      #expect(
        failed.code == 6 && failed.errors.contains("exit code 9") && !failed.errors.contains("first 4"), "\(failed)")
      try bed.run("containr", ["rm", "-p", "t", "-f", "-s", "web"]).succeeding()
      let states = try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.stateDirectory + "/containers")
      #expect(!states.contains { $0.hasPrefix("t-web-") }, "\(states)")
    }
  }
}
