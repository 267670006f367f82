// A five-service stack for the crash suite, a change of it that has every kind of change in it, and what has to hold
// after a crash.
import ContainrTestSupport
import Foundation
import Testing

/// One bed with that stack.
struct CrashBed {
  let bed: Bed

  /// The stack before and after its change: `app` is made again, `db` gets another limit in place, `web` joins a network
  /// and publishes another port, `cache` goes, `queue` comes, and one network goes and another one comes.
  static func stack(changed: Bool) -> String {
    """
    services:
      job:
        layers: [./base.tar]
        command: ["true"]
      db:
        layers: [./base.tar]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        mem_limit: \(changed ? "96m" : "64m")
        volumes: ["data:/data"]
        networks: { back: {} }
      \(changed ? "queue" : "cache"):
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        networks: { back: {} }
      app:
        layers: [./base.tar]
        command: [sleep, "\(changed ? 100001 : 100000)"]
        stop_signal: SIGKILL
        depends_on: { db: {}, job: { condition: service_completed_successfully } }
        networks: { back: {}, \(changed ? "new" : "old"): {} }
      web:
        layers: [./base]
        command: [sh, -c, "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        depends_on: [app]
        ports: ["\(changed ? 8081 : 8080):80"]
        networks: { default: {}\(changed ? ", back: {}" : "") }
    networks: { back: { internal: true }, \(changed ? "new" : "old"): {} }
    volumes: { data: {} }
    """
  }

  func write(changed: Bool) throws { try bed.write(Self.stack(changed: changed)) }

  static let up = ["-d", "-y", "--remove-orphans", Bed.file]
  static let down = ["-v", "-y", "-t", "1", Bed.file]

  /// `up` again ends well, nothing is left to do, and everything is as the file says.
  func expectConverged(_ words: String, changed: Bool) throws {
    let up = try bed.run("containr-up", Self.up)
    guard up.code == 0 else { throw TestSupportError("\(words): up does not converge: \(up)") }
    let plan = try bed.plan()
    if !plan.hasPrefix("nothing to do") { throw TestSupportError("\(words): after up there is still\n\(plan)") }
    let states = try bed.ps().map { "\($0.service) \($0.state)" }.sorted()
    let wanted = ["app running", "db running", "job exited", "web running", (changed ? "queue" : "cache") + " running"]
    if states != wanted.sorted() { throw TestSupportError("\(words): \(states)") }
    let port = changed ? 8081 : 8080
    // It may have been started a moment ago.
    try eventually("\(words): the page is at port \(port)") {
      try bed.fetch("127.0.0.1:\(port)", timeout: 5) == "page\n"
    }
    let bridges = try bed.links("b").count
    if bridges != 3 { throw TestSupportError("\(words): \(bridges) bridges, not 3") }
  }

  /// `down` ends well and leaves nothing.
  func expectGone(_ words: String) throws {
    let down = try bed.run("containr-down", Self.down)
    guard down.code == 0 else { throw TestSupportError("\(words): down fails: \(down)") }
    try bed.awaitNothingLeft(words)
  }

  /// Uses one; at the end nothing may be left.
  static func use(_ body: (CrashBed) throws -> Void) throws {
    try Bed.use { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let crash = CrashBed(bed: bed)
      try crash.write(changed: false)
      try body(crash)
    }
  }
}

/// The choices of one run: printed, so that a failure can be repeated with CONTAINR_CRASH_SEED. CONTAINR_CRASH_SOAK
/// multiplies the rounds.
struct CrashChoices: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init(_ name: String) {
    let given = ProcessInfo.processInfo.environment["CONTAINR_CRASH_SEED"].flatMap { UInt64($0) }
    seed = given ?? UInt64.random(in: 1...UInt64(UInt32.max))
    state = seed
    print("\(name): CONTAINR_CRASH_SEED=\(seed)")
  }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  static func rounds(_ usual: Int) -> Int {
    usual * (ProcessInfo.processInfo.environment["CONTAINR_CRASH_SOAK"].flatMap { Int($0) } ?? 1)
  }
}
