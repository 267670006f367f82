// An installation of Containr for one test: directories, cgroups, nft table, links and addresses of its own, so that
// tests never touch the real ones nor each other. Cleans up by itself even when the test or Containr fails.
internal import Foundation

/// One test's own Containr.
public final class TestSandbox: Sendable {
  /// Eight letters and digits that are in every name.
  public let id: String
  /// Stack files and layers of the test go here.
  public let directory: ScratchDirectory
  /// `CONTAINR_STATE_DIR`.
  public var stateDirectory: String { directory.path + "/state" }
  /// `CONTAINR_RUN_DIR`.
  public var runDirectory: String { directory.path + "/run" }
  /// `CONTAINR_CGROUP_PARENT`.
  public var cgroupParent: String { "containr-test-\(id)" }
  /// `CONTAINR_NFT_TABLE`.
  public var nftTable: String { "containr_test_\(id)" }
  /// `CONTAINR_LINK_PREFIX`: 4 letters at most.
  public let linkPrefix: String
  /// `CONTAINR_ADDRESS_POOL`.
  public let addressPool: String
  /// The network namespace of the test's own, if it asked for one.
  public let networkNamespace: String?

  /// The namespace at the other end of `uplink`: where the rest of the world would be.
  public let outside: String?

  /// As whom our programs run; nil is root.
  public let user: TestUser?

  /// The host's own address on its uplink, in a private network with an uplink.
  public static let hostAddress = "198.51.100.1"
  /// The address of the world outside.
  public static let outsideAddress = "198.51.100.2"

  /// With `privateNetwork` all commands run in a network namespace of their own; with `uplink` it has a link to a
  /// second one, over which its default route goes. `asUser`: all programs of ours run as a user of the sandbox's own, who
  /// has been given a cgroup.
  public init(privateNetwork: Bool = false, uplink: Bool = false, asUser: Bool = TestUser.isWanted) throws {
    id = String(UUID().uuidString.replacingOccurrences(of: "-", with: "").prefix(8)).lowercased()
    directory = try ScratchDirectory("sandbox-\(id)")
    linkPrefix = "t" + id.prefix(3)
    // 10.200.0.0/14 in pieces of /20: 64 sandboxes, taken by the id so that parallel tests rarely meet.
    let slot = Int(id.prefix(4), radix: 16)! % 64
    addressPool = "10.\(200 + slot / 16).\(slot % 16 * 16).0/20"
    networkNamespace = privateNetwork || uplink ? "containr-test-\(id)" : nil
    outside = uplink ? "containr-test-\(id)-outside" : nil
    // On ordinary machines mounts are shared, and what is mounted later reaches a user's namespaces as well.
    if asUser {
      try ContainrTestSupport.run("mount", ["--bind", directory.path, directory.path]).succeeding()
      try ContainrTestSupport.run("mount", ["--make-shared", directory.path]).succeeding()
    }
    user =
      asUser
      ? try TestUser(
        uid: TestUser.fresh(), at: directory, below: "user", owned: directory.path, cgroupParent: "containr-test-\(id)")
      : nil
    if let networkNamespace {
      try ContainrTestSupport.run("ip", ["netns", "add", networkNamespace]).succeeding()
      try ContainrTestSupport.run("ip", ["-n", networkNamespace, "link", "set", "lo", "up"]).succeeding()
    }
    if let outside, let networkNamespace {
      try ContainrTestSupport.run("ip", ["netns", "add", outside]).succeeding()
      let batch = """
        -n \(networkNamespace) link add uplink type veth peer name world netns \(outside)
        -n \(networkNamespace) address add \(Self.hostAddress)/24 dev uplink
        -n \(networkNamespace) link set uplink up
        -n \(outside) link set lo up
        -n \(outside) address add \(Self.outsideAddress)/24 dev world
        -n \(outside) link set world up
        -n \(networkNamespace) route add default via \(Self.outsideAddress)
        """
      for line in batch.split(separator: "\n") {
        try ContainrTestSupport.run("ip", line.split(separator: " ").map(String.init)).succeeding()
      }
    }
    // As systemd has it: every user may ping.
    if user != nil, networkNamespace != nil {
      _ = try runInNetwork(["sh", "-c", "echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range"])
    }
    // What is the user's from the beginning is no trace of a command's.
    if let user { _ = try runInNetwork(user.words(["true"])) }
  }

  deinit {
    for failure in removeEverything() { FileHandle.standardError.write(Data("sandbox \(id): \(failure)\n".utf8)) }
  }

  /// What leads our programs into this sandbox.
  public var environment: [String: String] {
    [
      "CONTAINR_STATE_DIR": stateDirectory, "CONTAINR_RUN_DIR": runDirectory, "CONTAINR_CGROUP_PARENT": cgroupParent,
      "CONTAINR_NFT_TABLE": nftTable, "CONTAINR_LINK_PREFIX": linkPrefix, "CONTAINR_ADDRESS_POOL": addressPool,
    ]
  }

  /// Starts one of our programs in the sandbox.
  public func start(
    _ program: String, _ arguments: [String] = [], environment extra: [String: String] = [:], input: String = ""
  ) throws -> Command {
    let (command, all) = inNetwork(try words(program, arguments))
    return try Command(
      command, all, environment: environment.merging(extra) { $1 }, input: input, directory: directory.url)
  }

  /// The words that start one of our programs as whom the sandbox runs them, in the caller's network.
  public func words(_ program: String, _ arguments: [String] = []) throws -> [String] {
    let path = try BuiltPrograms.path(program)
    guard let user else { return [path] + arguments }
    return user.words(["\(user.programs)/\(program)"] + arguments)
  }

  /// Runs one of our programs in the sandbox to its end.
  @discardableResult
  public func run(
    _ program: String, _ arguments: [String] = [], environment extra: [String: String] = [:], input: String = "",
    timeout: Double = 120
  ) throws -> CommandResult {
    try start(program, arguments, environment: extra, input: input).wait(timeout: timeout)
  }

  /// Runs any program in the sandbox's network namespace (the host's, if it has none).
  @discardableResult
  public func runInNetwork(_ program: String, _ arguments: [String] = [], timeout: Double = 120) throws -> CommandResult
  {
    let (command, all) = inNetwork([program] + arguments)
    return try ContainrTestSupport.run(command, all, directory: directory.url, timeout: timeout)
  }

  /// Runs any program in the sandbox's network as whom the sandbox runs ours, with what leads ours into it.
  @discardableResult
  public func runAsCaller(_ words: [String], timeout: Double = 120) throws -> CommandResult {
    let (command, all) = inNetwork(user?.words(words) ?? words)
    return try ContainrTestSupport.run(
      command, all, environment: environment, directory: directory.url, timeout: timeout)
  }

  /// Runs a line of sh(1) in the sandbox, with what leads our programs into it.
  public func runInShell(_ line: String, timeout: Double = 120) throws -> CommandResult {
    try runAsCaller(["/bin/sh", "-c", line], timeout: timeout)
  }

  /// Runs any program in the world outside.
  @discardableResult
  public func runOutside(_ program: String, _ arguments: [String] = [], timeout: Double = 120) throws -> CommandResult {
    guard let outside else { throw TestSupportError("this sandbox has no uplink") }
    return try ContainrTestSupport.run(
      "nsenter", ["--net=/run/netns/\(outside)", program] + arguments, directory: directory.url, timeout: timeout)
  }

  /// The words that run a command, as root, in the network and the mounts in which containers are: the user's own, as long as
  /// something runs there, else the caller's.
  public func besideContainers(_ words: [String]) -> [String] {
    guard user != nil else { return words }
    let record = HostSnapshot.text(runDirectory + "/rootless")
    guard let holder = Int32(record.prefix { $0 != " " }), kill(holder, 0) == 0 else { return words }
    return ["nsenter", "-t", "\(holder)", "--net", "--mount", "--wdns=\(directory.path)"] + words
  }

  /// Whom the host knows who has this number in containers: the same under root.
  public func hostID(_ number: Int) -> Int { user?.hostID(number) ?? number }

  private func runInNetwork(_ words: [String]) throws -> CommandResult {
    try runInNetwork(words[0], Array(words.dropFirst())).succeeding()
  }

  private func inNetwork(_ words: [String]) -> (String, [String]) {
    guard let networkNamespace else { return (words[0], Array(words.dropFirst())) }
    return ("nsenter", ["--net=/run/netns/\(networkNamespace)"] + words)
  }

  /// The host as it is, with this sandbox's directories.
  public func snapshot() throws -> HostSnapshot {
    try HostSnapshot(
      directories: [stateDirectory, runDirectory], namespace: networkNamespace, sandbox: id, withoutTops: user != nil)
  }

  // MARK: clean-up

  /// Removes whatever of this sandbox is left in the kernel; answers what could not be removed. Harmless twice.
  @discardableResult
  public func removeEverything() -> [String] {
    var failures = removeKernelObjects()
    for namespace in [networkNamespace, outside].compactMap({ $0 })
    where FileManager.default.fileExists(atPath: "/run/netns/\(namespace)") {
      do {
        try ContainrTestSupport.run("ip", ["netns", "delete", namespace]).succeeding()
      } catch {
        failures.append("netns: \(error)")
      }
    }
    if user != nil, umount2(directory.path, Int32(MNT_DETACH)) != 0, errno != EINVAL {
      failures.append("umount \(directory.path): errno \(errno)")
    }
    return failures
  }

  /// Removes processes, mounts, cgroups, directories, links and rules of this sandbox, so that a test can begin again.
  @discardableResult
  public func removeKernelObjects() -> [String] {
    var failures: [String] = []
    func attempt(_ what: String, _ body: () throws -> Void) {
      do { try body() } catch { failures.append("\(what): \(error)") }
    }
    let deadline = Date().addingTimeInterval(20 * TestPace.factor)
    while Date() < deadline {
      let left = processes()
      if left.isEmpty { break }
      for pid in left { kill(pid, SIGKILL) }
      usleep(20_000)
    }
    for pid in processes() { failures.append("process \(pid) \(HostSnapshot.commandLine(pid)) does not end") }
    attempt("mounts") {
      let table = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
      for line in table.split(separator: "\n").reversed() {
        let place = String(line.split(separator: " ")[4])
        if place.hasPrefix(directory.path + "/"), umount2(place, Int32(MNT_DETACH)) != 0 {
          failures.append("umount \(place): errno \(errno)")
        }
      }
    }
    for path in cgroups().sorted().reversed() {
      attempt("cgroup") {
        // Who has just been killed leaves it a moment later.
        while rmdir(path) != 0 && errno != ENOENT {
          let number = errno
          if number != EBUSY || Date() > deadline { throw TestSupportError("rmdir \(path): errno \(number)") }
          usleep(20_000)
        }
      }
    }
    for profile in SecurityModule.profiles.keys where profile.contains(id) {
      attempt("profile") { try SecurityModule.remove(profile) }
    }
    for path in [stateDirectory, runDirectory] where FileManager.default.fileExists(atPath: path) {
      attempt("directory") { try FileManager.default.removeItem(atPath: path) }
    }
    if let networkNamespace, !FileManager.default.fileExists(atPath: "/run/netns/\(networkNamespace)") {
      return failures
    }
    func answer(_ program: String, _ arguments: String...) throws -> String {
      try runInNetwork(program, arguments).succeeding().output
    }
    attempt("nft") {
      for family in ["inet", "ip", "ip6", "bridge", "netdev"] {
        if try answer("nft", "list", "tables", family).contains("table \(family) \(nftTable)\n") {
          _ = try answer("nft", "delete", "table", family, nftTable)
        }
      }
    }
    if networkNamespace != nil {
      attempt("forwarding") {
        _ = try answer("sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/forwarding; do echo 0 > $f; done")
      }
    }
    attempt("links") {
      for line in try answer("ip", "-o", "link").split(separator: "\n") {
        let name = line.split(separator: " ")[1].split(whereSeparator: { $0 == "@" || $0 == ":" })[0]
        // The other end of a veth pair goes with the first.
        if name.hasPrefix(linkPrefix) { _ = try runInNetwork("ip", ["link", "delete", String(name)]) }
      }
    }
    return failures
  }

  /// Processes of the sandbox: in its cgroups, or of ours with its directories in environment, arguments or files.
  private func processes() -> [Int32] {
    var all: Set<Int32> = []
    for path in cgroups() {
      let text = String(decoding: FileManager.default.contents(atPath: path + "/cgroup.procs") ?? Data(), as: UTF8.self)
      all.formUnion(text.split(separator: "\n").compactMap { Int32($0) })
    }
    let mark = Data(directory.path.utf8)
    for pid in HostSnapshot.pids() where pid != getpid() {
      let exe = HostSnapshot.link("/proc/\(pid)/exe") ?? ""
      // pasta is a name of passt's program.
      let isUsers = user != nil && ["/pasta", "/passt", "/slirp4netns"].contains { exe.contains($0) }
      guard exe.contains("containr") || isUsers else { continue }
      let places = ["environ", "cmdline"].map { FileManager.default.contents(atPath: "/proc/\(pid)/\($0)") ?? Data() }
      let fds = HostSnapshot.fileDescriptors(pid)
      if places.contains(where: { $0.range(of: mark) != nil }) || fds.contains(where: { $0.hasPrefix(directory.path) })
      {
        all.insert(pid)
      }
    }
    all.remove(getpid())
    return all.sorted()
  }

  private func cgroups() -> [String] {
    let table = String(decoding: FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data(), as: UTF8.self)
    var all: Set<String> = []
    for line in table.split(separator: "\n") where line.contains(" - cgroup") {
      let root = String(line.split(separator: " ")[4])
      all.formUnion(HostSnapshot.tree("\(root)/\(cgroupParent)", directoriesOnly: true))
      // Those of foreground runs.
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
      for name in names where name.hasPrefix("\(cgroupParent).") {
        all.formUnion(HostSnapshot.tree("\(root)/\(name)", directoriesOnly: true))
      }
    }
    return all.sorted()
  }
}

extension HostSnapshot {
  /// What the descriptors of a process refer to.
  static func fileDescriptors(_ pid: Int32) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? [])
      .compactMap { link("/proc/\(pid)/fd/\($0)") }
  }
}
