// The namespaces in which an ordinary user is root: one user, mount, network and IPC namespace a user, held by a small
// process, made by the first command and entered by all others. The caller has one thread.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// What could not be had, and what to do.
public struct RootlessFailure: Error, Sendable, Hashable {
  /// One sentence without a full stop.
  public var message: String
  /// What to do; nil if nothing is known.
  public var help: String?

  init(_ message: String, help: String? = nil) {
    self.message = message
    self.help = help
  }

  init(_ stage: String, _ error: SyscallError, help: String? = nil) {
    self.init("\(stage): \(error)", help: help)
  }
}

/// One user's namespaces.
public struct RootlessNamespaces: Sendable {
  /// Where the user's containers are kept.
  public let places: RootlessPlaces
  /// The shim's program: it holds the namespaces under a name of its own.
  let shim: String
  /// The user's environment, by which systemd's manager of the user is found; nil: it is not asked for a group.
  let session: [String: String]?
  static let kinds: NamespaceSet = [.user, .mount, .network, .ipc]

  /// Of this user; nothing is made. `session` is the user's environment, or nil where systemd is not to be asked.
  public init(places: RootlessPlaces, shim: String, session: [String: String]?) {
    self.places = places
    self.shim = shim
    self.session = session
  }

  /// What an entry has brought.
  public struct Entered: Sendable, Hashable {
    /// What the user should know.
    public var notes: [String]
    /// Below which cgroup containers are to be, relative to the root; nil: systemd has given none.
    public var cgroupParent: String?
  }

  /// Makes this process root of the user's namespaces, which are made first if they are not there. Groups stay: files that
  /// the user may read by one can be read.
  public func enter() throws(RootlessFailure) -> Entered {
    do throws(SyscallError) { try places.make() } catch {
      throw RootlessFailure("the user's directories", error, help: "XDG_DATA_HOME and XDG_RUNTIME_DIR name others")
    }
    do throws(SyscallError) {
      let here = try Kernel.readLink("/proc/self/cwd")
      let lock = try FileLock(places.lock)
      var notes: [String] = []
      let holder: ProcessIdentity
      var scope: RootlessScope?
      let record = try RootlessRecord(places)
      if let record, let there = try record.living {
        holder = there
        scope = record.scope
        if let failure = try scope?.join(session ?? [:]) { notes.append(failure) }
      } else {
        try RootlessRemains.end(record, places)
        // What is begun now is born where this process is.
        if let session {
          switch try RootlessScope.begin(session) {
          case .none: break
          case .given(let given): scope = given
          case .refused(let reason):
            notes.append(
              "systemd has given you no cgroup, so that services with limits do not start and stats shows 0: \(reason)")
          }
        }
        holder = try make(scope, &notes)
      }
      guard let pidfd = try holder.openPidFD() else { throw SyscallError(errno: 3, operation: "pidfd_open") }
      try Kernel.join(pidfd.raw, Self.kinds)
      try Self.becomeRoot()
      // The namespace has a root of its own, and entering it leads there.
      try check(cl_chdir(here), "chdir", FilePath(here))
      _ = consume lock
      return Entered(notes: notes, cgroupParent: scope?.containers)
    } catch {
      throw Self.explained(error)
    }
  }

  /// uid and gid 0; groups that have no number inside stay what they are outside.
  static func becomeRoot() throws(SyscallError) {
    try check(cl_setresgid(0, 0, 0), "setresgid")
    try check(cl_setresuid(0, 0, 0), "setresuid")
  }

  /// Makes them, and a process that holds them; answers who that is.
  private func make(_ scope: RootlessScope?, _ notes: inout [String]) throws(SyscallError) -> ProcessIdentity {
    let map = try RootlessIDs.ofHost(uid: places.uid, gid: cl_getegid())
    if map.uids.count == 1 {
      notes.append(
        "no ranges in /etc/subuid and /etc/subgid: containers have one user and one group, root; "
          + "usermod --add-subuids and --add-subgids give some")
    }
    let ends = try SeqPacketSocket.pair()
    let near = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
    let toMaker = try socketMaker()
    guard let child = try ClonedProcess.clone(Self.kinds, cgroup: nil) else {
      _ = cl_close(near.fd.raw)
      hold(SeqPacketSocket(taking: OwnedFD(taking: ends.1)), toMaker)
    }
    do throws(SyscallError) {
      try check(cl_close(ends.1), "close")
      try UserNamespace.map(pid: child.pid, map)
      try near.send([1])
      // Its own word that it stands, or why it does not; nothing at all if it was killed.
      let word = try near.receive(limit: 4096)?.bytes ?? []
      guard word == [1] else {
        throw SyscallError(
          errno: 71, operation: "hold the user's namespaces",
          detail: word.isEmpty ? "the process has ended" : String(decoding: word, as: UTF8.self))
      }
      let identity = try ProcessIdentity.current(pid: child.pid)
      var uplink: ProcessIdentity?
      do throws(SyscallError) {
        uplink = try RootlessUplink.start(into: identity.pid, places)
        if uplink == nil {
          notes.append(
            "neither pasta nor slirp4netns is installed: containers see each other, and nothing else; "
              + "apt-get install passt leads them out")
        }
      } catch {
        // Without a network of the host's, say, or where /dev/net/tun is root's alone.
        notes.append("there is no way out of your network, containers see each other and nothing else: \(error)")
      }
      let space = try Kernel.status(of: FilePath("/proc/\(identity.pid)/ns/user")).inode
      try RootlessRecord(holder: identity, boot: try Kernel.bootID(), uplink: uplink, scope: scope, space: space)
        .write(places)
      // From here on it may go when nobody is left. Whoever enters is answered: it listens.
      try near.send([2])
      guard try near.receive(limit: 16)?.bytes == [3] else {
        throw SyscallError(errno: 71, operation: "hold the user's namespaces", detail: "the process has ended")
      }
      return identity
    } catch {
      _ = cl_kill(child.pid, 9)
      _ = try Kernel.waitForExit(pidfd: child.pidfd.raw)
      throw error
    }
  }

  /// Starts who makes sockets in the host's network, and answers the way to it: it ends when all such ways are closed.
  private func socketMaker() throws(SyscallError) -> SharedFD {
    let ends = try SeqPacketSocket.pair()
    let (near, far) = (SharedFD(OwnedFD(taking: ends.0)), SharedFD(OwnedFD(taking: ends.1)))
    let null = try Kernel.open("/dev/null", .readWrite)
    _ = try ChildProcess.spawn(
      FilePath(shim), arguments: [RootlessSockets.name], descriptors: [null.raw, null.raw, null.raw, far.raw],
      newSession: true)
    return near
  }

  /// The other side: waits for its ids, puts the namespaces in order, and becomes the holder.
  private func hold(_ far: consuming SeqPacketSocket, _ maker: SharedFD) -> Never {
    let socket = far
    do throws(SyscallError) {
      guard try socket.receive(limit: 16) != nil else { cl__exit(1) }
      try Self.becomeRoot()
      // Mounts of the host come in, none goes out.
      try check(cl_mount(nil, "/", nil, 1 << 19 | 1 << 14, nil), "mount", "/", detail: "MS_SLAVE")
      try Kernel.bringLoopbackUp()
      try check(cl_setsid(), "setsid")
      let null = try Kernel.open("/dev/null", .readWrite)
      let wanted = [null.raw, null.raw, null.raw, socket.fd.raw, maker.raw]
      try check(cl_keep_descriptors(wanted, CInt(wanted.count)), "dup2")
      let error = Kernel.execute(
        FilePath(shim), arguments: [RootlessKeeper.name, places.runDirectory.string],
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
      throw error
    } catch {
      // The near end tells it, if it is there.
      do throws(SyscallError) { try socket.send(Array(error.description.utf8)) } catch { cl__exit(126) }
      cl__exit(127)
    }
  }

  private static func explained(_ error: SyscallError) -> RootlessFailure {
    switch (error.operation, error.errno) {
    case ("clone3", 28):
      RootlessFailure(
        "no more user namespaces are allowed on this host", help: "sudo sysctl user.max_user_namespaces=15000")
    case ("clone3", 1), ("clone3", 13):
      RootlessFailure(
        "this host does not let ordinary users make user namespaces",
        help: "sudo sysctl kernel.unprivileged_userns_clone=1; with AppArmor on Ubuntu also "
          + "kernel.apparmor_restrict_unprivileged_userns=0. containr doctor tells which")
    case ("newuidmap", _), ("newgidmap", _):
      RootlessFailure(
        error.description, help: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER")
    default: RootlessFailure("the user's namespaces", error)
    }
  }
}
