// A machine that can lose its power: namespaces of its own for processes, mounts and networks, a boot id, a run directory in
// memory, and a disk, which is a file with ext4 in it. A cut ends all processes at once and keeps the disk as it was at that
// moment: what the kernel had not written to it is lost. The kernel lives on, and is told nothing of it.
import ContainrTestSupport
import Foundation
import Testing

final class Machine {
  let sandbox: TestSandbox
  private let isAlone: Bool
  /// How often it was switched on.
  private(set) var boots = 0
  /// Holds the disk mounted: its mount outlives the machine until the disk has been copied.
  private var holder: Command?
  private var machine: Command?
  private var first: Int32 = 0

  var path: String { sandbox.directory.path }
  /// What survives a cut.
  var disk: String { path + "/disk" }
  var stateDirectory: String { disk + "/state" }
  private var image: String { "\(path)/disk.\(boots)" }

  /// With `isAlone` false it has the caller's network.
  private init(isAlone: Bool) throws {
    self.isAlone = isAlone
    sandbox = try TestSandbox(asUser: false)
    try BaseLayer.make(at: sandbox.directory.url.appendingPathComponent("base"))
    for name in ["disk", "memory", "out"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }
    try ContainrTestSupport.run("truncate", ["-s", "96M", image]).succeeding()
    try ContainrTestSupport.run("mkfs.ext4", ["-q", "-F", image]).succeeding()
  }

  /// Switches one on for a test, and off behind it.
  static func use(
    _ stack: String? = nil, isAlone: Bool = true, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (Machine) throws -> Void
  ) throws {
    let machine = try Machine(isAlone: isAlone)
    do {
      if let stack { try machine.write(stack) }
      try machine.boot()
      try body(machine)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
    machine.end()
    for failure in machine.sandbox.removeEverything() {
      Issue.record("clean-up: \(failure)", sourceLocation: sourceLocation)
    }
  }

  // MARK: power

  /// Switches it on.
  func boot() throws {
    let ready = path + "/ready"
    func begin(_ words: [String], _ script: String) throws -> Command {
      let command = try Command(
        words[0], Array(words.dropFirst()) + ["sh", "-ec", script + "; touch \(ready); exec sleep 1000000"])
      try eventually("the machine is on", showing: command.errorsSoFar) {
        guard command.isRunning else { throw TestSupportError("no machine: \(command.wait())") }
        return FileManager.default.fileExists(atPath: ready)
      }
      try FileManager.default.removeItem(atPath: ready)
      return command
    }
    try UUID().uuidString.lowercased().write(toFile: path + "/boot_id", atomically: true, encoding: .utf8)
    let holder = try begin(["unshare", "--mount", "--propagation", "private"], "mount -o loop \(image) \(disk)")
    self.holder = holder
    let own = ["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"] + (isAlone ? ["--net"] : [])
    let network = """
      ; ip link set lo up; ip link add uplink type veth peer name world; ip address add \(TestSandbox.hostAddress)/24 dev uplink
      ip link set world up; ip link set uplink up; ip route add default via \(TestSandbox.outsideAddress)
      """
    let machine = try begin(
      ["nsenter", "-t", "\(holder.pid)", "--mount", "unshare"] + own,
      """
      mount -t proc proc /proc; mount --bind \(path)/boot_id /proc/sys/kernel/random/boot_id
      mount -t tmpfs memory \(path)/memory\(isAlone ? network : "")
      """)
    let children = try String(contentsOfFile: "/proc/\(machine.pid)/task/\(machine.pid)/children", encoding: .utf8)
    guard let child = Int32(children.trimmingCharacters(in: .whitespaces)), child > 1 else {
      machine.signal(SIGKILL)
      throw TestSupportError("the machine has no first process: \(machine.wait())")
    }
    (first, self.machine) = (child, machine)
  }

  /// Takes its power and gives it back.
  func cutAndBoot() throws {
    try cut()
    try boot()
  }

  /// Takes its power: all processes end, and the disk is what it was then.
  func cut() throws {
    if machine != nil { kill(first, SIGKILL) }
    _ = machine?.wait()
    machine = nil
    let (old, new) = (image, "\(path)/disk.\(boots + 1)")
    // The kernel may write to it meanwhile: a copy that is still the same afterwards is the disk at one moment.
    var isSame = false
    while !isSame {
      try ContainrTestSupport.run("cp", ["--sparse=always", old, new]).succeeding()
      isSame = try ContainrTestSupport.run("cmp", ["-s", old, new]).code == 0
    }
    end()
    try FileManager.default.removeItem(atPath: old)
    boots += 1
    // What a kernel that begins does not have; those of a machine in its own network have gone with it.
    for failure in sandbox.removeKernelObjects() { throw TestSupportError("after a cut: \(failure)") }
  }

  private func end() {
    if machine != nil { kill(first, SIGKILL) }
    holder?.signal(SIGKILL)
    for command in [machine, holder] { _ = command?.wait() }
    (machine, holder) = (nil, nil)
  }

  // MARK: programs

  private func words(_ words: [String]) -> [String] {
    let namespaces = ["-m", "-p"] + (isAlone ? ["-n"] : [])
    return ["nsenter", "-t", "\(first)"] + namespaces + ["--wdns=\(path)"] + words
  }

  private var environment: [String: String] {
    sandbox.environment.merging(["CONTAINR_STATE_DIR": stateDirectory, "CONTAINR_RUN_DIR": path + "/memory/run"]) { $1 }
  }

  /// Starts one of our programs in it.
  func start(_ program: String, _ arguments: [String], environment extra: [String: String] = [:]) throws -> Command {
    let all = words([try BuiltPrograms.path(program)] + arguments)
    return try Command(all[0], Array(all.dropFirst()), environment: environment.merging(extra) { $1 })
  }

  /// Runs one of our programs in it to its end.
  @discardableResult
  func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
    try start(program, arguments, environment: environment).wait()
  }

  /// A line of sh(1) in it that has to succeed; its output.
  @discardableResult
  func shell(_ line: String) throws -> String {
    let all = words(["sh", "-c", line])
    return try ContainrTestSupport.run(all[0], Array(all.dropFirst()), environment: environment).succeeding().output
  }

  // MARK: the stack

  func write(_ stack: String) throws { try sandbox.directory.write("name: t\n" + stack, to: Bed.file) }

  @discardableResult
  func up(_ options: String...) throws -> CommandResult {
    try run("containr-up", ["-d", "-y"] + options + [Bed.file]).succeeding()
  }

  func ps() throws -> [ContainerRow] {
    let result = try run("containr", ["ps", "--json", "-p", "t"]).succeeding()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([ContainerRow].self, from: Data(result.output.utf8))
  }

  /// `service state`, sorted.
  func states() throws -> [String] { try ps().map { "\($0.service) \($0.state)" }.sorted() }

  /// The lines of a service's log.
  func log(_ service: String) throws -> [String] {
    try run("containr", ["logs", "-p", "t", "--no-log-prefix", service]).succeeding().output.split(separator: "\n")
      .map(String.init)
  }

  /// Waits until a page has this body.
  func expectPage(_ address: String, _ body: String) throws {
    try eventually("\(address) is \(body.debugDescription)") {
      try shell("curl -s -m 10 http://\(address) || true") == body
    }
  }

  /// After `up` there is nothing to do, and everything that can be read is whole.
  func expectConverged(_ words: String) throws {
    let up = try run("containr-up", ["-d", "-y", Bed.file])
    guard up.code == 0 else { throw TestSupportError("\(words): up does not converge: \(up)") }
    let plan = try run("containr", ["plan", Bed.file])
    guard plan.output.hasPrefix("nothing to do") else {
      throw TestSupportError("\(words): after up there is still\n\(plan)")
    }
    let verified = try run("containr", ["image", "verify"])
    guard verified.code == 0 else { throw TestSupportError("\(words): \(verified)") }
  }

  /// `down` ends well, and nothing of the stack is left.
  func down(_ words: String) throws {
    let down = try run("containr-down", ["-v", "-y", "-t", "1", Bed.file])
    guard down.code == 0 else { throw TestSupportError("\(words): down fails: \(down)") }
    let places = ["containers", "volumes"].map { "\(stateDirectory)/\($0)" }.joined(separator: " ")
    let left = try shell(
      "find \(places) -mindepth 1 2>/dev/null; ip -o link | grep -F ' \(sandbox.linkPrefix)v'; true")
    if !left.isEmpty { throw TestSupportError("\(words): left behind:\n\(left)") }
  }

  /// Nothing is left on the disk, but for images, and in the kernel.
  func expectNothingLeft() throws {
    let left = try shell(
      """
      find \(disk) -mindepth 1 ! -name lost+found ! -path '\(stateDirectory)/images*' ! -path \(stateDirectory)
      find \(path)/memory -mindepth 1
      ip -o link | grep -F ' \(sandbox.linkPrefix)'
      nft list ruleset | grep -F \(sandbox.nftTable)
      true
      """)
    #expect(left.isEmpty, "left behind:\n\(left)")
  }
}
