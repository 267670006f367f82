// History, differences, the way back; also the way back that a failed up takes by itself.
import ContainrTestSupport
import Foundation
import Testing

/// What `containr history --json` prints, as far as the tests look at it.
struct History: Decodable {
  struct Row: Decodable {
    var revision: Int
    var outcome: String
    var summary: String
    var returnsTo: Int?
    var uid: Int
    var file: String
    var profiles: [String]
  }
  var revisions: [Row]
}

extension Bed {
  /// `1 applied`, one revision each.
  func history() throws -> [History.Row] {
    let result = try run("containr", ["history", "--json", "-p", "t"]).succeeding()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(History.self, from: Data(result.output.utf8)).revisions
  }

  func outcomes() throws -> [String] { try history().map { "\($0.revision) \($0.outcome)" } }
}

@Suite("Revisions", .serialized, .asRoot)
struct RevisionTests {
  private static let stack = """
    services:
      a:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        mem_limit: 64m
        environment: { DB_PASSWORD: geheim-1, MODE: one }
      b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    networks: { default: { internal: true } }
    """

  @Test("are recorded by every up that changed something, named without values, survive a stop, and go with down")
  func history() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.up()
      #expect(try bed.outcomes() == ["1 applied"], "a second up is none")
      try bed.edit("64m", "128m")
      try bed.edit("geheim-1", "geheim-2")
      try bed.up("--profile", "x")
      let rows = try bed.history()
      #expect(rows.map(\.outcome) == ["applied", "applied"])
      #expect(rows[1].summary.contains("1 recreated") && rows[1].summary.contains("a mem_limit"), "\(rows[1].summary)")
      #expect(rows[1].profiles == ["x"] && rows[1].uid == 0 && rows[1].file == bed.path + "/stack.yaml")
      let words = try bed.run("containr", ["history", Bed.file]).succeeding()
      #expect(words.output.contains("REVISION") && !words.output.contains("geheim"), "\(words)")
      // What is recorded may be read by its owner alone.
      let mode = try FileManager.default.attributesOfItem(atPath: bed.sandbox.stateDirectory + "/containr.db")
      #expect(mode[.posixPermissions] as? Int == 0o600)
      try bed.down()
      #expect(try bed.outcomes().isEmpty)
      try bed.up()
      #expect(try bed.outcomes() == ["1 applied"])
    }
  }

  @Test("a revision whose up was killed is told as interrupted, and the next up makes the next one")
  func interrupted() throws {
    try Bed.use(Self.stack) { bed in
      let died = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "store:intents:after"])
      #expect(died.code == 128 + SIGKILL, "\(died)")
      #expect(try bed.outcomes() == ["1 interrupted"])
      let none = try bed.run("containr", ["rollback", "-y", "-p", "t"])
      #expect(none.code == 2 && none.errors.contains("no earlier revision"), "\(none)")
      try bed.up()
      #expect(try bed.outcomes() == ["1 interrupted", "2 applied"])
      // Killed between the last change and the record of its success: an up without a change says that it stands.
      try bed.edit("64m", "128m")
      let late = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "store:revision:before"])
      #expect(late.code == 128 + SIGKILL, "\(late)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.up()
      #expect(try bed.outcomes() == ["1 interrupted", "2 applied", "3 interrupted", "4 applied"])
    }
  }

  @Test("diff says what differs between two revisions, and between one and now, in a plan's words without secrets")
  func diff() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let alone = try bed.run("containr", ["diff", "-f", Bed.file])
      #expect(alone.code == 2 && alone.errors.contains("no earlier revision"), "\(alone)")
      try bed.edit("64m", "128m")
      try bed.edit("geheim-1", "geheim-2")
      try bed.edit("  b:", "  c:")
      try bed.up("--remove-orphans")
      let diff = try bed.run("containr", ["diff", "1", "2", "-f", Bed.file])
      #expect(diff.code == 2, "\(diff)")
      for words in [
        "~   service a   changed\n", "      environment.DB_PASSWORD: (hidden) → (hidden)   stack.yaml:8:33",
        "      mem_limit: 67108864 → 134217728   stack.yaml:7:16 (as of revision 2)   in place\n",
        "-   service b   removed\n", "+   service c   added   stack.yaml:9:3 (as of revision 2)\n",
        "1 added, 1 changed, 1 removed\n",
      ] {
        #expect(diff.output.contains(words), "\(words): \(diff)")
      }
      #expect(!diff.output.contains("geheim"))
      let now = try bed.run("containr", ["diff", "-p", "t"])
      #expect(now.code == 2 && now.output.contains("mem_limit: 67108864 → 134217728   in place"), "\(now)")
      let same = try bed.run("containr", ["diff", "2", "-p", "t"])
      #expect(same.code == 0 && same.output == "no difference\n", "\(same)")
      let json = try bed.run("containr", ["diff", "1", "2", "--json", "-p", "t"])
      let value = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect(value?["from"] as? Int == 1 && (value?["differences"] as? [Any])?.count == 3, "\(json)")
      #expect(!json.output.contains("geheim"))
      let unknown = try bed.run("containr", ["diff", "7", "-p", "t"])
      #expect(unknown.code == 2 && unknown.errors.contains("no revision 7"), "\(unknown)")
    }
  }

  @Test("diff tells of the content of a config that stands in the file, and of another source, in a plan's words")
  func contentDiff() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          configs: [{source: inline, target: /inline}, {source: other, target: /other}]
      configs:
        inline: {content: "geheim-1"}
        other: {file: ./one}
      networks: { default: { internal: true } }
      """
    ) { bed in
      for name in ["one", "two"] { try bed.sandbox.directory.write(name, to: name) }
      try bed.up()
      try bed.edit("geheim-1", "geheim-2")
      let plan = try bed.plan()
      let line = try #require(plan.split(separator: "\n").first { $0.contains("content./inline: digest ") })
      let words = line.trimmingCharacters(in: .whitespaces).components(separatedBy: "   ")[0]
      try bed.up()
      let diff = try bed.run("containr", ["diff", "1", "2", "-p", "t"])
      #expect(diff.code == 2 && diff.output.contains(words), "\(words): \(diff)")
      let now = try bed.run("containr", ["diff", "1", "-p", "t"])
      #expect(now.code == 2 && now.output.contains("content./inline: digest "), "\(now)")
      #expect(try bed.run("containr", ["diff", "2", "-p", "t"]).output == "no difference\n")
      try bed.edit("./one", "./two")
      try bed.up()
      let source = try bed.run("containr", ["diff", "2", "3", "-p", "t"])
      #expect(
        source.output.contains("content./other: file \(bed.path)/one → file \(bed.path)/two   "), "\(source)")
      #expect(!(diff.output + now.output + source.output).contains("geheim"))
      // Without the key of this boot there are no digests; that it is another text is known.
      try bed.inside("umount -l \(bed.sandbox.runDirectory)/files")
      let hidden = try bed.run("containr", ["diff", "1", "2", "-p", "t"])
      #expect(hidden.output.contains("content./inline: (hidden) → (hidden)   "), "\(hidden)")
      #expect(try bed.run("containr", ["diff", "3", "-p", "t"]).output == "no difference\n")
    }
  }

  @Test("rollback brings a revision back as it was, with the least that helps, and is a revision itself")
  func rollback() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.edit("64m", "128m")
      try bed.edit("  b:", "  c:")
      try bed.up("--remove-orphans")
      let dry = try bed.run("containr", ["rollback", "--dry-run", "-f", Bed.file])
      #expect(dry.code == 2 && dry.output.contains("mem_limit: 134217728 → 67108864"), "\(dry)")
      #expect(
        dry.output.contains("(as of revision 1)") && dry.output.contains("-   container t-c-1   remove"), "\(dry)")
      #expect(try bed.outcomes() == ["1 applied", "2 applied"])
      let back = try bed.run("containr", ["rollback", "-y", "-f", Bed.file]).succeeding()
      #expect(back.output.contains("t is back at revision 1, as revision 3"), "\(back)")
      let after = try bed.pids()
      #expect(Set(after.keys) == ["a-1", "b-1"] && after["a-1"] == pids["a-1"])
      #expect(try bed.container("a").memoryLimit == 64 << 20)
      let rows = try bed.history()
      #expect(rows[2].returnsTo == 1 && rows[2].summary.hasPrefix("returns to 1; "), "\(rows)")
      // Back and forth: the last one that was applied and wanted something else.
      try bed.run("containr", ["rollback", "-y", "-p", "t"]).succeeding()
      #expect(try bed.history().last?.returnsTo == 2)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      let unknown = try bed.run("containr", ["rollback", "9", "-y", "-p", "t"])
      #expect(unknown.code == 2 && unknown.errors.contains("has revisions 1 to 4"), "\(unknown)")
      // To one that was left long ago, by its number.
      try bed.run("containr", ["rollback", "1", "-y", "-p", "t"]).succeeding()
      #expect(Set(try bed.pids().keys) == ["a-1", "b-1"])
    }
  }

  @Test("a layer that is another one since is told before anything is changed, and needs a yes")
  func changedLayer() throws {
    try Bed.use(Self.stack.replacingOccurrences(of: "[./base]", with: "[./base.tar]")) { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.up()
      try bed.edit("64m", "128m")
      try bed.sandbox.directory.write("second\n", to: "base/etc/edition")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.up()
      let pids = try bed.pids()
      let refused = try bed.run("containr", ["rollback", "-p", "t"])
      #expect(refused.code == 2 && refused.errors.contains("base.tar is another one now (sha256:"), "\(refused)")
      #expect(refused.errors.contains("-y says that it may"), "\(refused)")
      #expect(try bed.pids() == pids && bed.outcomes().count == 2)
      try bed.run("containr", ["rollback", "-y", "-p", "t"]).succeeding()
      try FileManager.default.removeItem(atPath: bed.path + "/base.tar")
      try bed.edit("128m", "32m")
      let gone = try bed.run("containr", ["rollback", "2", "-y", "-p", "t"])
      #expect(gone.errors.contains("base.tar is gone since revision 2"), "\(gone)")
    }
  }

  @Test("rollback that is killed at any boundary: rollback goes on with it, and so does up")
  func crash() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.edit(
        "\"100000\"]\n    stop_signal: SIGKILL\n    mem_limit: 64m",
        "\"123456\"]\n    stop_signal: SIGKILL\n    mem_limit: 32m")
      try bed.up()
      let record = bed.path + "/boundaries"
      try Data().write(to: URL(fileURLWithPath: record))
      try bed.run("containr", ["rollback", "-y", "-p", "t"], environment: ["CONTAINR_FAILPOINT": "record:\(record)"])
        .succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(boundaries.contains("store:revision:after") && boundaries.count > 8, "\(boundaries)")
      for (number, boundary) in boundaries.enumerated() {
        try bed.up()
        let died = try bed.run(
          "containr", ["rollback", "-y", "-p", "t"], environment: ["CONTAINR_FAILPOINT": boundary])
        #expect(died.code == 128 + SIGKILL, "\(boundary): \(died)")
        if number % 2 == 0 {
          let back = try bed.run("containr", ["rollback", "-y", "-p", "t"])
          #expect(back.code == 0, "\(boundary): \(back)")
          let limit = try bed.container("a").memoryLimit
          // One that was recorded as done is where the next one leads away from.
          let isDone = boundary == "store:revision:after"
          #expect(limit == (isDone ? 32 << 20 : 64 << 20), "\(boundary): \(String(describing: limit))")
        }
        try bed.up()
        #expect(try bed.container("a").memoryLimit == 32 << 20, "\(boundary)")
        #expect(try bed.plan().hasPrefix("nothing to do"), "\(boundary)")
      }
      #expect(try bed.outcomes().count <= 21)
    }
  }
}
