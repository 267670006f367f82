// An ordinary user made for a test: a name, ranges of ids, a home and a /dev/net/tun for everybody, as ordinary machines have
// it, in a mount namespace for each command, into which mounts of the host come. Nothing of that is done to the host.
internal import Foundation
internal import Synchronization

/// One user, whom no machine has.
public struct TestUser: Sendable {
  /// Whether privileged tests are to run the built programs as such a user (`CONTAINR_TEST_AS_USER=1`).
  public static let isWanted = ProcessInfo.processInfo.environment["CONTAINR_TEST_AS_USER"] == "1"

  /// The number; the subordinate ranges begin at its hundred thousandfold.
  public let uid: Int
  /// Where the home, `/etc` and the script are.
  private let place: String
  /// Of the user.
  public var home: String { place + "/home" }
  /// `XDG_RUNTIME_DIR`.
  public var runtimeDirectory: String { place + "/xdg-run" }
  /// The built programs, at a place that the user can reach.
  public var programs: String { place + "/bin" }

  private static let next = Atomic(0)

  /// One whom no other test of this process has, nor probably one of another.
  static func fresh() -> Int {
    let first = 24_000 + Int(getpid()) * 37 % 17_000
    return (first + next.add(1, ordering: .relaxed).oldValue - 24_000) % 17_000 + 24_000
  }

  /// Makes one below `place`. `hidden`: programs of /usr/bin that are not installed for the user. `owned`: in which directory what root has made is given to the user before each command.
  /// `cgroupParent`: a group that is given to the user, in every hierarchy. `isBare`: commands have no other environment than
  /// `environment`.
  public init(
    uid: Int, at place: ScratchDirectory, below name: String = "", ranges: Bool = true, hidden: [String] = [],
    owned: String? = nil,
    cgroupParent: String? = nil, isBare: Bool = false, environment: [String: String] = [:]
  ) throws {
    self.uid = uid
    let path = name.isEmpty ? place.path : "\(place.path)/\(name)"
    let prefix = name.isEmpty ? "" : name + "/"
    self.place = path
    for name in ["etc/work", "etc/new", "bin", "xdg-run", "home"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }
    let passwd = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
    try place.write(
      passwd + "tess-\(uid):x:\(uid):\(uid)::\(path)/home:/bin/sh\n", to: prefix + "etc/new/passwd")
    for name in ["subuid", "subgid"] {
      try place.write(ranges ? "tess-\(uid):\(uid * 100_000):65536\n" : "", to: prefix + "etc/new/\(name)")
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
    try run("chown", ["-R", "\(uid):\(uid)", path + "/home", path + "/xdg-run"]).succeeding()
    chmod(path + "/xdg-run", 0o700)
    let programs = URL(fileURLWithPath: try BuiltPrograms.path("containr")).deletingLastPathComponent().path
    var variables = environment
    if let cgroupParent { variables["CONTAINR_CGROUP_PARENT"] = cgroupParent }
    variables["HOME"] = path + "/home"
    variables["XDG_RUNTIME_DIR"] = path + "/xdg-run"
    let words =
      variables.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
      // What a test has in its PATH is behind our programs.
      + " PATH=\(path)/bin:\(isBare ? "/usr/sbin:/usr/bin:/sbin:/bin" : "$PATH")"
    try place.write(
      """
      #!/bin/sh
      # as-user UID COMMAND…: in a mount namespace that ends with it
      set -e
      uid=$1; shift
      \(owned.map { Self.giving($0, but: path) } ?? "")
      \(cgroupParent.map(Self.delegation) ?? "")
      mount -t overlay overlay -o lowerdir=/etc,upperdir=\(path)/etc/new,workdir=\(path)/etc/work /etc
      mount --bind \(path)/tun /dev/net/tun
      \(hidden.isEmpty ? "" : "mount -t overlay overlay -o lowerdir=/usr/bin,upperdir=\(path)/usr/new,workdir=\(path)/usr/work /usr/bin")
      mount --bind \(programs) \(path)/bin
      exec setpriv --reuid=$uid --regid=$uid --clear-groups --inh-caps=-all env \(isBare ? "-i" : "") \(words) "$@"

      """, to: prefix + "as-user", mode: 0o755)
  }

  /// The words that run a command as this user, or as another one, in the directory of the caller.
  public func words(_ command: [String], uid other: Int? = nil) -> [String] {
    ["unshare", "--mount", "--propagation", "slave", place + "/as-user", "\(other ?? uid)"] + command
  }

  /// What tests have written is the user's: it would be on an ordinary machine. What belongs to another number belongs to whom
  /// containers call that. A changed owner takes the bits of setuid away (chown(2)); they come back.
  private static func giving(_ directory: String, but place: String) -> String {
    let all = "find \(directory) -xdev -path \(place) -prune -o"
    let low = "-20000"
    return """
      \(all) \\( -uid \(low) -o -gid \(low) \\) -type f -perm /6000 -printf '%m %p\\n' >\(place)/special 2>/dev/null || true
      give() { [ $1 = 0 ] && echo $uid || echo $((uid * 100000 + $1 - 1)); }
      \(all) -uid 0 -gid 0 -exec chown -h $uid:$uid {} + 2>/dev/null || true
      \(all) \\( -uid \(low) -o -gid \(low) \\) -printf '%U %G %p\\n' 2>/dev/null | while read -r user group path; do
        [ $user -ge 20000 ] || user=$(give $user)
        [ $group -ge 20000 ] || group=$(give $group)
        chown -h $user:$group "$path" 2>/dev/null || true
      done || true
      while read -r mode path; do chmod $mode "$path" 2>/dev/null || true; done <\(place)/special
      """
  }

  /// The number outside of who has `number` in the user's namespaces.
  public func hostID(_ number: Int) -> Int { number == 0 ? uid : uid * 100_000 + number - 1 }

  /// v2: with all controllers on, and a group beside the containers' for the commands. v1: in every hierarchy.
  private static func delegation(_ parent: String) -> String {
    """
    top=/sys/fs/cgroup
    if [ -e $top/cgroup.controllers ]; then
      group=$top/\(parent)
      [ -d $group ] || {
        mkdir $group
        for file in . cgroup.procs cgroup.threads cgroup.subtree_control; do chown $uid:$uid $group/$file; done
        mkdir $group/commands
        chown $uid:$uid $group/commands $group/commands/cgroup.procs
      }
      echo $$ >$group/commands/cgroup.procs
    else
      for hierarchy in $top/*/; do
        group=${hierarchy}\(parent)
        # A directory where none is mounted is none; what is made there nobody would take away.
        [ -e ${hierarchy}cgroup.procs ] || continue
        if [ -h "${hierarchy%/}" ] || [ -e $hierarchy/cgroup.controllers ] || [ -d $group ]; then continue; fi
        mkdir $group
        for file in cpuset.cpus cpuset.mems; do
          if [ -e $group/$file ]; then cat $hierarchy$file >$group/$file; fi
        done
        chown -R $uid:$uid $group
      done
    fi
    """
  }
}
