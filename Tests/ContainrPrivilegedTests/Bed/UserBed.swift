// A bed of an ordinary user: a sandbox with an uplink, a home, and a mount namespace for each command in which the user has
// a name, ranges of ids, and a /dev/net/tun for everybody, as ordinary machines have it. Nothing of that is done to the host.
import ContainrTestSupport
import Foundation
import Testing

/// One user's stack.
final class UserBed {
  let sandbox: TestSandbox
  /// Whom no machine has; others are told apart by their last digits.
  let uid: Int
  var path: String { sandbox.directory.path }
  var home: String { path + "/home" }
  var runDirectory: String { path + "/xdg-run/containr" }

  private init(uid: Int, ranges: Bool, hidden: [String]) throws {
    self.uid = uid
    sandbox = try TestSandbox(uplink: true)
    try BaseLayer.make(at: URL(fileURLWithPath: home + "/stack/base"))
    for name in ["etc/work", "etc/new", "bin", "xdg-run", "home/stack/out"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }
    let passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
    try sandbox.directory.write(passwd + "tess-\(uid):x:\(uid):\(uid)::\(home):/bin/sh\n", to: "etc/new/passwd")
    for name in ["subuid", "subgid"] {
      try sandbox.directory.write(ranges ? "tess-\(uid):\(uid * 100_000):65536\n" : "", to: "etc/new/\(name)")
    }
    if !hidden.isEmpty {
      for name in ["usr/work", "usr/new"] {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
      }
      // An overlay's mark for a name that is not there.
      for name in hidden { try run("mknod", ["\(path)/usr/new/\(name)", "c", "0", "0"]).succeeding() }
    }
    try run("mknod", [path + "/tun", "c", "10", "200"]).succeeding()
    chmod(path + "/tun", 0o666)
    try run("chown", ["-R", "\(uid):\(uid)", home, path + "/xdg-run"]).succeeding()
    chmod(path + "/xdg-run", 0o700)
    let programs = URL(fileURLWithPath: try BuiltPrograms.path("containr")).deletingLastPathComponent().path
    try sandbox.directory.write(
      """
      #!/bin/sh
      # as-user UID COMMAND…: in a mount namespace that ends with it
      set -e
      uid=$1; shift
      mount -t overlay overlay -o lowerdir=/etc,upperdir=\(path)/etc/new,workdir=\(path)/etc/work /etc
      mount --bind \(path)/tun /dev/net/tun
      \(hidden.isEmpty ? ":" : "mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=\(path)/usr/new,workdir=\(path)/usr/work /usr/bin")
      mount --bind \(programs) \(path)/bin
      cd \(home)/stack
      exec setpriv --reuid=$uid --regid=$uid --clear-groups --inh-caps=-all env -i HOME=\(home) XDG_RUNTIME_DIR=\(path)/xdg-run \\
        CONTAINR_ADDRESS_POOL=\(sandbox.addressPool) PATH=\(path)/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"

      """, to: "as-user", mode: 0o755)
  }

  /// Runs a test in a user's bed; the stack is taken down, and within a moment no process of the user's is left. `hidden`:
  /// programs of /usr/bin that are not installed for the user.
  static func use(
    _ stack: String, uid: Int, ranges: Bool = true, hidden: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (UserBed) throws -> Void
  ) throws {
    let bed = try UserBed(uid: uid, ranges: ranges, hidden: hidden)
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
    try sandbox.runInNetwork(
      "unshare", ["--mount", "--propagation", "private", path + "/as-user", "\(uid)"] + words, timeout: timeout)
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
