// A bed of an ordinary user: a sandbox with an uplink, and a user with a home in which the stack is.
import ContainrTestSupport
import Foundation
import Testing

/// One user's stack.
final class UserBed {
  let sandbox: TestSandbox
  let user: TestUser
  var uid: Int { user.uid }
  var path: String { sandbox.directory.path }
  var home: String { user.home }
  var runDirectory: String { user.runtimeDirectory + "/containr" }

  private init(uid: Int, ranges: Bool, hidden: [String], delegated: Bool, environment: [String: String]) throws {
    sandbox = try TestSandbox(uplink: true, asUser: false)
    try BaseLayer.make(at: sandbox.directory.url.appendingPathComponent("home/stack/base"))
    try FileManager.default.createDirectory(
      atPath: sandbox.directory.path + "/home/stack/out", withIntermediateDirectories: true)
    user = try TestUser(
      uid: uid, at: sandbox.directory, ranges: ranges, hidden: hidden,
      cgroupParent: delegated ? sandbox.cgroupParent : nil,
      isBare: true,
      environment: environment.merging(["CONTAINR_ADDRESS_POOL": sandbox.addressPool]) { first, _ in first })
  }

  /// Runs a test in a user's bed; the stack is taken down, and within a moment no process of the user's is left. `hidden`:
  /// programs of /usr/bin that are not installed for the user.
  static func use(
    _ stack: String, uid: Int, ranges: Bool = true, hidden: [String] = [], delegated: Bool = false,
    environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (UserBed) throws -> Void
  ) throws {
    let bed = try UserBed(
      uid: uid, ranges: ranges, hidden: hidden, delegated: delegated, environment: environment)
    do {
      try bed.write(stack)
      try body(bed)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
    let down = try bed.asUser("containr-down", "-v", "-t", "0", "-y", "stack.yaml")
    if down.code != 0 { Issue.record("the last down: \(down)", sourceLocation: sourceLocation) }
    do {
      try eventually("no process of the user is left") { try bed.processes().isEmpty }
    } catch {
      Issue.record("\(error): \(try bed.processes())", sourceLocation: sourceLocation)
      for line in try bed.processes() { if let pid = Int32(line.prefix { $0 != " " }) { kill(pid, SIGKILL) } }
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: bed.runDirectory)
    if !left.isEmpty { Issue.record("left in the run directory: \(left)", sourceLocation: sourceLocation) }
    for failure in bed.sandbox.removeEverything() {
      Issue.record("clean-up: \(failure)", sourceLocation: sourceLocation)
    }
  }

  func write(_ stack: String) throws {
    try sandbox.directory.write("name: t\n" + stack, to: "home/stack/stack.yaml")
  }

  /// A command of the user's, in the directory of the stack.
  @discardableResult
  func asUser(_ words: String..., timeout: Double = 120) throws -> CommandResult { try asUser(uid, words, timeout) }

  /// The same of another user.
  func asUser(_ uid: Int, _ words: [String], _ timeout: Double = 120) throws -> CommandResult {
    let all = ["env", "-C", home + "/stack"] + user.words(words, uid: uid)
    return try sandbox.runInNetwork(all[0], Array(all.dropFirst()), timeout: timeout)
  }

  /// The first process of a service, on the host.
  func pid(of service: String) throws -> Int32 {
    let all = try asUser("containr", "ps", "--json").succeeding().output
    let own = try #require(all.split(separator: "\"service\": \"\(service)\"").dropFirst().first)
    let digits = try #require(own.split(separator: "\"pid\":").dropFirst().first).drop { $0 == " " }
    return try #require(Int32(digits.prefix { $0.isNumber }))
  }

  /// Those with the user's number, or one of the user's ranges: `PID ARGUMENTS`.
  func processes() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
      guard Int32(name) != nil, let status = try? String(contentsOfFile: "/proc/\(name)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }),
        let owner = line.split(separator: "\t").dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      guard owner == uid || (uid * 100_000..<uid * 100_000 + 65536).contains(owner) else { return nil }
      let words = (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)) ?? ""
      return "\(name) \(words.replacingOccurrences(of: "\0", with: " "))"
    }
  }
}
