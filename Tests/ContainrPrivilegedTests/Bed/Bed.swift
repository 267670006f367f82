// A bed to try a stack in: a sandbox with an uplink, a base layer and the built programs. What every test of this
// target stands on: at its end the stack is taken down and the host compared with what it was before.
import ContainrTestSupport
import Foundation
import Testing

/// One test's stack.
final class Bed {
  let sandbox: TestSandbox
  /// The host before the first command.
  let before: HostSnapshot
  var path: String { sandbox.directory.path }
  /// The plans that `up` is given: relative to the bed.
  static let file = "stack.yaml"

  private init(asUser: Bool, ground: ServedGround?) throws {
    sandbox = try TestSandbox(uplink: true, asUser: asUser)
    try ground?.mount(at: sandbox.stateDirectory)
    try BaseLayer.make(at: sandbox.directory.url.appendingPathComponent("base"))
    try FileManager.default.createDirectory(atPath: sandbox.directory.path + "/out", withIntermediateDirectories: true)
    chmod(sandbox.directory.path + "/out", 0o777)
    before = try sandbox.snapshot()
  }

  /// Runs a test in a bed of its own; whatever happens, the stack is taken down, and nothing of it may be left. `ground`: what
  /// its state directory is on.
  static func use(
    _ stack: String? = nil, name: String = "t", asUser: Bool = TestUser.isWanted, ground: ServedGround? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (Bed) throws -> Void
  ) throws {
    let bed = try Bed(asUser: asUser, ground: ground)
    do {
      if let stack { try bed.write(stack) }
      try body(bed)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
    let down = try bed.run("containr-down", ["-p", name, "-v", "-t", "0"])
    if down.code != 0 { Issue.record("the last down: \(down)", sourceLocation: sourceLocation) }
    bed.expectNothingLeft(sourceLocation: sourceLocation)
    for failure in bed.sandbox.removeEverything() {
      Issue.record("clean-up: \(failure)", sourceLocation: sourceLocation)
    }
  }

  /// The host is as it was before the first command.
  func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    do { try awaitNothingLeft("at the end") } catch { Issue.record(error, sourceLocation: sourceLocation) }
  }

  /// The same, as an error: a namespace and its links go a moment after their last process.
  func awaitNothingLeft(_ words: String, since before: HostSnapshot? = nil) throws {
    var left: [String] = []
    let deadline = Date().addingTimeInterval(30 * TestPace.factor)
    repeat {
      left = (before ?? self.before).difference(to: try sandbox.snapshot())
      if left.isEmpty { return }
      usleep(50_000)
    } while Date() < deadline
    throw TestSupportError("\(words): left behind:\n\(left.joined(separator: "\n"))")
  }

  // MARK: files

  /// Writes the stack file: `name: t` and then the text.
  func write(_ stack: String) throws {
    try sandbox.directory.write(
      stack.contains("name:") && stack.hasPrefix("name:") ? stack : "name: t\n" + stack, to: Self.file)
  }

  /// Changes one text of the stack file; an error if it is not in it exactly once.
  func edit(_ old: String, _ new: String) throws {
    let text = try read(Self.file)
    guard text.components(separatedBy: old).count == 2 else {
      throw TestSupportError("'\(old)' is not once in:\n\(text)")
    }
    try sandbox.directory.write(text.replacingOccurrences(of: old, with: new), to: Self.file)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: name.hasPrefix("/") ? name : "\(path)/\(name)", encoding: .utf8)
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: name.hasPrefix("/") ? name : "\(path)/\(name)")
  }

  /// What a container wrote to /out, which is bound to `out` of the bed: waits for the file `name`, and for the line `end`
  /// that closes it.
  func output(_ name: String, timeout: Double = 60) throws -> String {
    var text = ""
    do {
      try eventually("out/\(name) is written", timeout: timeout) {
        guard exists("out/\(name)") else { return false }
        text = try read("out/\(name)")
        return text.hasSuffix("END\n")
      }
    } catch {
      throw TestSupportError("\(error)\nso far:\n\(text)\nlogs:\n\(try run("containr", ["logs", "-p", "t"]))")
    }
    return String(text.dropLast(4))
  }

  // MARK: programs

  @discardableResult
  func run(_ program: String, _ arguments: [String], environment: [String: String] = [:], timeout: Double = 120) throws
    -> CommandResult
  {
    try sandbox.run(program, arguments, environment: environment, timeout: timeout)
  }

  /// `containr-up -d -y` of the stack file; has to succeed.
  @discardableResult
  func up(_ options: String..., timeout: Double = 120) throws -> CommandResult {
    try tryUp(options, timeout: timeout).succeeding()
  }

  /// `containr-up -d -y` of the stack file, however it ends.
  @discardableResult
  func tryUp(_ options: [String] = [], environment: [String: String] = [:], timeout: Double = 120) throws
    -> CommandResult
  {
    try run("containr-up", ["-d", "-y"] + options + [Self.file], environment: environment, timeout: timeout)
  }

  /// `containr-down` of the stack file; has to succeed.
  @discardableResult
  func down(_ options: String...) throws -> CommandResult {
    try run("containr-down", ["-y"] + options + [Self.file]).succeeding()
  }

  /// `containr plan` in words; its exit code has to be 0 without changes and 2 with.
  func plan(sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let result = try run("containr", ["plan", Self.file])
    let isClean = result.output.hasPrefix("nothing to do")
    guard result.code == (isClean ? 0 : 2), !result.output.isEmpty, !result.timedOut else {
      throw TestSupportError("plan: \(result)")
    }
    return result.output
  }

  /// The changes of `containr plan --json`.
  func changes() throws -> [PlannedChange] {
    let result = try run("containr", ["plan", "--json", Self.file])
    guard result.code == 0 || result.code == 2, !result.timedOut else { throw TestSupportError("plan: \(result)") }
    return try JSONDecoder().decode(PlannedChangeset.self, from: Data(result.output.utf8)).changes
  }

  /// `containr ps --json`.
  func ps() throws -> [ContainerRow] {
    let result = try run("containr", ["ps", "--json", "-p", "t"]).succeeding()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([ContainerRow].self, from: Data(result.output.utf8))
  }

  /// The one container of a service.
  func container(_ service: String) throws -> ContainerRow {
    let rows = try ps()
    guard let row = rows.first(where: { $0.service == service }) else {
      throw TestSupportError("no container of \(service) in \(rows)")
    }
    return row
  }

  /// The pid of a service's running container.
  func pid(_ service: String) throws -> Int32 {
    let row = try container(service)
    guard let pid = row.pid else { throw TestSupportError("\(service) does not run: \(row)") }
    return pid
  }

  /// Pids by service, of those that serve.
  func pids() throws -> [String: Int32] {
    Dictionary(
      uniqueKeysWithValues: try ps().filter { $0.role == "serving" }.compactMap { row in
        row.pid.map { ("\(row.service)-\(row.index)", $0) }
      })
  }

  /// Waits until a container is in a state.
  @discardableResult
  func wait(_ service: String, _ state: String, timeout: Double = 60) throws -> ContainerRow {
    var row: ContainerRow?
    do {
      try eventually("\(service) is \(state)", timeout: timeout) {
        row = try container(service)
        return row?.state == state
      }
    } catch { throw TestSupportError("\(error); it is \(String(describing: row))") }
    return try container(service)
  }

  // MARK: network

  /// Fetches a page as the host does; the body, or "curl N" with curl's exit code. Who expects no answer gives a short
  /// `timeout`.
  func fetch(_ address: String, outside: Bool = false, timeout: Int = 30) throws -> String {
    let words = ["-s", "-f", "-m", "\(Int(Double(timeout) * TestPace.factor))", "http://\(address)"]
    if outside {
      let result = try sandbox.runOutside("curl", words)
      return result.code == 0 ? result.output : "curl \(result.code)"
    }
    // As the host does; containers' addresses are in the network of who runs them.
    let isInside = address.hasPrefix(sandbox.addressPool.prefix { $0 != "." } + ".")
    let all = isInside ? sandbox.besideContainers(["curl"] + words) : ["curl"] + words
    let result = try sandbox.runInNetwork(all[0], Array(all.dropFirst()))
    return result.code == 0 ? result.output : "curl \(result.code)"
  }

  /// Waits until a page has this body.
  func expectPage(
    _ address: String, _ body: String, outside: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var last = ""
    let deadline = Date().addingTimeInterval(30 * TestPace.factor)
    repeat {
      last = try fetch(address, outside: outside, timeout: 5)
      if last == body { return }
      usleep(50_000)
    } while Date() < deadline
    Issue.record(
      "\(address) answers \(last.debugDescription), not \(body.debugDescription)", sourceLocation: sourceLocation)
  }

  /// A command in the network and the mounts in which the bed's containers are, which has to succeed; its output. Root's is
  /// the same as `shell`.
  @discardableResult
  func inside(_ script: String) throws -> String {
    let words = sandbox.besideContainers(["sh", "-c", script])
    return try sandbox.runInNetwork(words[0], Array(words.dropFirst())).succeeding().output
  }

  /// A command in the bed's network that has to succeed; its output.
  @discardableResult
  func shell(_ script: String) throws -> String {
    try sandbox.runInNetwork("sh", ["-c", script]).succeeding().output
  }
}
