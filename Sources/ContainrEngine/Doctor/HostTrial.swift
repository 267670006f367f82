// What can only be known by doing it: an overlay, a bridge with a link, a table of the packet filter. Done by a process of its
// own with its own mount and network namespaces, so that nothing of it is ever the host's.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNamespaces
internal import ContainrNetwork
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

/// The trial and who asks for it.
public enum HostTrial {
  private static let word = "try-host"
  /// The same by an ordinary user, in a user namespace.
  private static let userWord = "try-user"
  /// What making namespaces is called among the findings.
  static let isolation = Step.namespaces.subject
  /// How long it may take, in milliseconds: a module may have to be loaded.
  private static let patience: Int32 = 20_000

  private enum Step: String, CaseIterable {
    case namespaces, overlay, bridge, nftables

    var subject: String {
      switch self {
      case .namespaces: "isolation"
      case .overlay: "overlay"
      case .bridge: "bridge, veth"
      case .nftables: "nftables"
      }
    }

    var good: String {
      switch self {
      case .namespaces: "mount and network namespaces can be made"
      case .overlay: "layers can be stacked and written on in the state directory"
      case .bridge: "a network with a link can be made"
      case .nftables: "addresses can be translated, ports published"
      }
    }

    func remedy(asUser: Bool) -> String {
      switch self {
      case .namespaces where asUser:
        "sudo sysctl -w kernel.unprivileged_userns_clone=1; with AppArmor also kernel.apparmor_restrict_unprivileged_userns=0"
      case .namespaces: "run it as root of the host, or in a privileged container"
      case .overlay: "modprobe overlay; or give a state directory on ext4, xfs, btrfs or tmpfs: CONTAINR_STATE_DIR=…"
      case .bridge: "modprobe -a bridge veth"
      case .nftables: "modprobe -a nf_tables nft_nat nft_ct nft_redir"
      }
    }
  }

  // MARK: who asks

  static func findings(_ settings: HostSettings, asUser: Bool) -> [HostFinding] {
    let answers: [String: String]
    do throws(SyscallError) { answers = try ask(settings, asUser ? userWord : word) } catch {
      return [HostFinding("trial", .warning, "nothing could be tried out: \(error)")]
    }
    return Step.allCases.map { step in
      guard let answer = answers[step.rawValue] else {
        return HostFinding(step.subject, .warning, "the process that tries it gave no answer")
      }
      return answer.isEmpty
        ? HostFinding(step.subject, .good, step.good)
        : HostFinding(step.subject, .missing, answer, remedy: step.remedy(asUser: asUser))
    }
  }

  private static func ask(_ settings: HostSettings, _ word: String) throws(SyscallError) -> [String: String] {
    let pipe = try Kernel.pipe()
    let null = try Kernel.open("/dev/null", .readWrite)
    let child = try ChildProcess.spawn(
      settings.program, arguments: [settings.program.string, word, settings.stateDirectory.string],
      environment: settings.environment, descriptors: [null.raw, pipe.write.raw, null.raw])
    let pidfd = try child.descriptor()
    if try !Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: patience) { try child.kill() }
    _ = try child.wait()
    // It writes less than a pipe holds, and nobody else has the other end but us.
    try Kernel.setNonBlocking(pipe.read.raw)
    var answers: [String: String] = [:]
    for line in String(decoding: try Kernel.readReady(pipe.read.raw) ?? [], as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2 { answers[parts[0]] = parts[1] }
    }
    return answers
  }

  // MARK: who tries

  /// Does what the words of a hidden subcommand say and answers the exit code; nil if they are none. To be called before
  /// any thread exists.
  public static func serve(_ words: [String]) -> Int32? {
    guard words.count == 2, words[0] == word || words[0] == userWord else { return nil }
    let state = FilePath(words[1])
    if words[0] == word {
      tell(.namespaces) { () throws(SyscallError) in try Kernel.unshare([.mount, .network]) }
    } else {
      tell(.namespaces) { () throws(SyscallError) in try enterOwn() }
    }
    tell(.overlay) { () throws(SyscallError) in try overlay(in: state) }
    tell(.bridge) { () throws(NetworkError) in try bridge() }
    tell(.nftables) { () throws(NetworkError) in try table() }
    return 0
  }

  /// Root of namespaces of its own, with the user's id alone.
  private static func enterOwn() throws(SyscallError) {
    let (uid, gid) = (Kernel.effectiveUserID(), Kernel.effectiveGroupID())
    try Kernel.unshare([.user, .mount, .network])
    try Kernel.write("deny", into: "/proc/self/setgroups")
    try Kernel.write("0 \(uid) 1", into: "/proc/self/uid_map")
    try Kernel.write("0 \(gid) 1", into: "/proc/self/gid_map")
  }

  private static func tell<Failure: Error>(_ step: Step, _ body: () throws(Failure) -> Void) {
    var answer = ""
    do throws(Failure) { try body() } catch { answer = "\(error)".replacing("\n", with: "; ") }
    // Who asked may be gone.
    do throws(SyscallError) { try Kernel.writeAll(1, Array("\(step.rawValue)\t\(answer)\n".utf8)) } catch {}
  }

  /// As containers have it there: by the kernel, or by a server. Two directories as layers of a third, in which a file is made.
  private static func overlay(in state: FilePath) throws(SyscallError) {
    var parent = state
    while try !Kernel.exists(parent), parent.removeLastComponent() {}
    let place = parent.appending(".containr-trial-\(Kernel.processID())")
    try Kernel.makeDirectory(place, mode: 0o700)
    defer { do throws(TreeRemovalError) { try Kernel.removeTree(place) } catch {} }
    for name in ["lower", "upper", "work"] { try Kernel.makeDirectory(place.appending(name)) }
    let view = try LayersView(
      [place.appending("lower")], writable: (place.appending("upper"), place.appending("work")),
      maker: try OverlayMaker.of(future: parent))
    let root = view.release()
    let file = try Kernel.open("file", at: root.raw, [.writeOnly, .create, .exclusive], mode: 0o600)
    try file.writeAll([1])
    if try !Kernel.exists(place.appending("upper/file")) {
      throw SyscallError(errno: 5, operation: "overlay", detail: "what is written does not come to the upper directory")
    }
  }

  private static func bridge() throws(NetworkError) {
    let links = try LinkDriver()
    try links.create(
      BridgePlan(
        name: "trial0", alias: "containr-trial", address: IPv4Address(192, 0, 2, 1),
        prefix: IPv4Prefix("192.0.2.0/24"), group: 1))
    let socket: SharedFD
    do throws(SyscallError) { socket = SharedFD(try Kernel.routeSocket()) } catch { throw .invalid("\(error)") }
    let veth = VethPlan(
      hostName: "trial1", bridge: "trial0", alias: "containr-trial", group: 1, containerName: "trial2",
      macAddress: MACAddress(for: IPv4Address(192, 0, 2, 2)), address: IPv4Address(192, 0, 2, 2), prefixLength: 24,
      gateway: nil)
    try links.attach([veth], pid: Kernel.processID(), netns: socket.raw)
  }

  private static func table() throws(NetworkError) {
    let table = NftTable(name: "containr-trial")
    try table.apply(
      FirewallPlan(
        table: "containr-trial", bridges: [BridgeRule(name: "trial0", prefix: IPv4Prefix("192.0.2.0/24"))],
        ports: [
          PublishedPort(
            hostPort: 80, containerAddress: .v4(IPv4Address(192, 0, 2, 2)), containerPort: 80, id: "trial")
        ], memberPrefix: "trial"))
  }
}
