// SIGKILL in the middle of rolling updates: somebody serves, the next up converges, nothing is left.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Rolling updates that are killed", .asRoot)
struct RolloutCrashTests {
  @Test(
    "killed at any boundary of a start-first update: somebody serves all the time, the next up converges, down leaves nothing"
  )
  func crashes() throws {
    let alone = Rolling.web().components(separatedBy: "  client:")[0]
    try Rolling.use(alone) { bed in
      let up = ["-d", "-y", Bed.file]
      var version = 1
      func next() throws {
        version += 1
        let text = try bed.read(Bed.file)
        let range = try #require(text.range(of: "echo v[0-9]+", options: .regularExpression))
        try bed.sandbox.directory.write(text.replacingCharacters(in: range, with: "echo v\(version)"), to: Bed.file)
      }
      try bed.up()
      try next()
      try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(bed.path)/boundaries"]).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(Set(boundaries).count == boundaries.count && boundaries.count > 16, "\(boundaries)")
      for (number, boundary) in boundaries.enumerated() {
        try next()
        // The slots alternate, and with them the names in some boundaries.
        var wanted = boundary
        if try Rolling.ids(bed) == ["t-web-1.b"], !boundary.hasPrefix("boundary:") {
          wanted =
            boundary.contains("t-web-1.b")
            ? boundary.replacingOccurrences(of: "t-web-1.b", with: "t-web-1")
            : boundary.replacingOccurrences(of: "t-web-1", with: "t-web-1.b")
        }
        let died = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": wanted])
        guard died.code == 128 + SIGKILL else { throw TestSupportError("\(wanted) was not reached: \(died)") }
        let page = try bed.fetch("127.0.0.1:8080/index.html")
        #expect(page == "v\(version)\n" || page == "v\(version - 1)\n", "\(wanted): \(page)")
        if number % 3 == 2 {
          try bed.down()
          bed.expectNothingLeft()
          try bed.up()
          continue
        }
        try bed.up()
        #expect(try bed.plan() == "nothing to do: 1 container matches\n", "\(wanted)")
        #expect(try Rolling.ids(bed).count == 1, "\(wanted): no third one is left")
        #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v\(version)\n", "\(wanted)")
      }
    }
  }

  @Test("killed at any boundary of a stop-first update in groups: the next up converges and nothing is left")
  func crashesInGroups() throws {
    let stack = { (version: Int) in
      """
      services:
        crew:
          layers: [./base]
          command: [sleep, "\(100_000 + version)"]
          stop_signal: SIGKILL
          deploy: {replicas: 2, update_config: {order: stop-first}}

      """
    }
    try Rolling.use(stack(0)) { bed in
      let up = ["-d", "-y", Bed.file]
      try bed.up()
      try bed.write(stack(1))
      try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(bed.path)/boundaries"]).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(Set(boundaries).count == boundaries.count && boundaries.count > 20, "\(boundaries)")
      for (number, boundary) in boundaries.enumerated() {
        // From the first slots again.
        try bed.down()
        bed.expectNothingLeft()
        try bed.up()
        try bed.write(stack(number + 2))
        let died = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": boundary])
        guard died.code == 128 + SIGKILL else { throw TestSupportError("\(boundary) was not reached: \(died)") }
        if number % 3 == 2 { continue }
        try bed.up()
        let plan = try bed.plan()
        #expect(plan == "nothing to do: 2 containers match\n", "\(boundary): \(plan)")
        #expect(try Rolling.ids(bed, "crew").count == 2, "\(boundary): no third one is left")
        #expect(try bed.pids().count == 2, "\(boundary)")
      }
    }
  }

  @Test("killed while an update is taken back: the next up converges", arguments: ["before", "after"])
  func crashOnTheWayBack(side: String) throws {
    try Rolling.use(Rolling.crew("good", "order: start-first")) { bed in
      try bed.up()
      try bed.write(Rolling.crew("bad", "order: start-first, failure_action: rollback"))
      let died = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "boundary:back:2:container t-crew-1:\(side)"])
      #expect(died.code == 128 + SIGKILL, "\(died)")
      #expect(try bed.pids().count >= 3, "all of them serve")
      try bed.write(Rolling.crew("good", "order: start-first"))
      try bed.up()
      #expect(try Rolling.versions(bed) == ["good", "good", "good"])
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
      #expect(try Rolling.ids(bed, "crew").count == 3)
    }
  }
}
