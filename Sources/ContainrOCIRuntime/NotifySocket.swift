// NOTIFY_SOCKET (sd_notify(3)): where the host waits to hear that a service is ready, and the socket of its own on which a
// container's program says so. That one lies below the container's state, which is root's or the user's alone, and is seen inside
// through a mount of its directory, as runc has it. What goes from one to the other: NotifyRelay.
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// The socket that whoever calls us listens at.
enum NotifySocket: Sendable, Hashable {
  /// A path.
  case file(String)
  /// A name of this network namespace that no file has.
  case abstract(String)

  /// Where the directory is inside, and what the program is told.
  private static let directory = "/run/notify"
  private static let variable = "NOTIFY_SOCKET="
  static let name: FilePath = "notify.sock"

  /// nil: nobody waits.
  init?(_ environment: Surroundings) throws(RuntimeFailure) {
    guard let text = environment["NOTIFY_SOCKET"], !text.isEmpty else { return nil }
    switch text.utf8.first {
    case UInt8(ascii: "/"): self = .file(text)
    case UInt8(ascii: "@") where text.utf8.count > 1: self = .abstract(String(text.dropFirst()))
    default:
      throw RuntimeFailure(
        "NOTIFY_SOCKET is `\(text)`: an absolute path or @NAME is needed; start without it where nobody waits for readiness"
      )
    }
  }

  /// A socket of ours, connected, that never waits.
  func connect() throws(RuntimeFailure) -> SharedFD {
    try attempt("reach NOTIFY_SOCKET, which waits for readiness") { () throws(SyscallError) in
      switch self {
      case .file(let path):
        SharedFD(try UnixSocket.connect(to: FilePath(path), waits: false, kind: .datagrams))
      case .abstract(let name): SharedFD(try UnixSocket.connect(abstract: name, kind: .datagrams))
      }
    }
  }

  /// The config with the mount, after all others, and the variable, in place of one that it has.
  static func added(to spec: RuntimeSpec, _ state: StateDirectory) -> RuntimeSpec {
    var spec = spec
    spec.mounts.append(
      OCIMount(
        destination: directory, type: "bind", source: state.notify.string,
        options: ["bind", "nosuid", "noexec", "nodev", "ro"]))
    spec.process.env.removeAll { $0.hasPrefix(variable) }
    spec.process.env.append("\(variable)\(directory)/\(name)")
    return spec
  }
}

extension StateDirectory {
  /// The directory that the container sees. Nothing else may ever be in it.
  var notify: FilePath { path.appending("notify") }

  /// Makes it: open to every user of the container, whom the state directory above keeps from nothing inside and everybody
  /// else from all.
  func makeNotify(label: String?) throws(RuntimeFailure) {
    try attempt("make the directory of the notify socket") { () throws(SyscallError) in
      try Kernel.makeDirectory(notify, mode: 0o755)
      try Kernel.changeMode(of: notify, mode: 0o755)  // whatever the umask is
      if let label { try Self.setLabel(label, of: notify) }
    }
  }

  /// The socket in it, non-blocking. Before the container's program runs, so that nobody can exchange a name.
  func takeNotifications(label: String?) throws(RuntimeFailure) -> SharedFD {
    try attempt("make the notify socket") { () throws(SyscallError) in
      // By descriptor: the whole path may be longer than a socket's address.
      let opened = try Kernel.open(notify, [.path, .directory, .noFollow])
      let place = FilePath("/proc/self/fd/\(opened.raw)").pushing(NotifySocket.name)
      // Of a `start` that was killed before it could start anything.
      if try Kernel.exists(place) { try Kernel.remove(place) }
      let socket = SharedFD(try UnixSocket.takeDatagrams(at: place))
      try Kernel.changeMode(of: place, mode: 0o777)
      if let label { try Self.setLabel(label, of: place) }
      return socket
    }
  }

  private static func setLabel(_ label: String, of path: FilePath) throws(SyscallError) {
    try Kernel.setAttribute("security.selinux", Array(label.utf8) + [0], of: path)
  }
}
