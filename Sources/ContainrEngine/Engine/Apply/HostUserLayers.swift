// What `idmap: host-user` takes of an ordinary user: the container's ids are exchanged in a user namespace of its own, and since
// nobody but the host's root can map the files of a file system of the host's, its layers are copies with those ids.
internal import ContainrHost
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct HostUserLayers {
  let settings: HostSettings

  /// Who the container's user is, by the files of its layers, lowest first.
  static func user(of plan: ServicePlan, in layers: [FilePath], _ maker: OverlayMaker) throws(EngineError) -> UserIDs {
    do {
      let view = try LayersView(layers, maker: maker)
      let root = view.release()
      let user = try UserLookup.resolve(
        plan.user ?? "", passwd: try file("etc/passwd", in: root.raw), group: try file("etc/group", in: root.raw))
      return UserIDs(user.uid, user.gid)
    } catch {
      throw EngineError(.kernel, "service \(plan.name): who is the user \(plan.user ?? "root"): \(error)")
    }
  }

  private static func file(_ path: FilePath, in root: CInt) throws(SyscallError) -> [UInt8]? {
    do throws(SyscallError) {
      let file = try Kernel.open(path, at: root, [.readOnly, .nonBlocking], resolve: [.inRoot, .noMagicLinks])
      guard try Kernel.status(at: file.raw).isRegular else { return nil }
      return try file.readAll(limit: UserLookup.limit)
    } catch {
      if [2, 20, 40].contains(error.errno) { return nil }
      throw error
    }
  }

  /// How many ids this user namespace has, as far as they follow each other from 0; nil: it is the host's.
  static func ownIDs() throws(SyscallError) -> IDCounts? {
    if try !Kernel.isInUserNamespace() { return nil }
    func count(_ file: FilePath) throws(SyscallError) -> UInt32 {
      var end: UInt32 = 0
      let lines = try Kernel.text(of: file).split(separator: "\n").map { line in
        line.split(separator: " ").compactMap { UInt32($0) }
      }
      // Root alone, and the first range behind it: a range of ours ends where one of these does.
      for line in lines.sorted(by: { ($0.first ?? 0) < ($1.first ?? 0) }).prefix(2)
      where line.count == 3 && line[0] == end {
        end += line[2]
      }
      return end
    }
    return IDCounts(users: try count("/proc/self/uid_map"), groups: try count("/proc/self/gid_map"))
  }

  /// The layers with ours on top as copies in which root and the user are exchanged; made anew with `isFresh`, else those of
  /// the start before.
  func copies(
    of layers: [FilePath], for id: String, _ user: UserIDs, isFresh: Bool
  ) throws(EngineError) -> [FilePath] {
    let place = settings.containerState(id).appending("layers")
    let all = layers + [settings.initLayer]
    do {
      let isThere = try Kernel.exists(place)
      let copies = all.indices.map { place.appending("\($0)") }
      if isThere, !isFresh { return copies }
      if isThere { try Kernel.removeTree(place) }
      let new = settings.containerState(id).appending("layers.new")
      if try Kernel.exists(new) { try Kernel.removeTree(new) }
      try Kernel.makeDirectories(new, mode: 0o700)
      for (index, layer) in all.enumerated() {
        let copy = new.appending("\(index)")
        try Kernel.makeDirectory(copy, mode: 0o755)
        let target = try Kernel.open(copy, [.readOnly, .directory])
        try TreeCopy.copy(from: try Kernel.open(layer, [.path, .directory]), into: target.raw, describing: true) {
          (HostUserMap.exchanged($0, 0, user.uid), HostUserMap.exchanged($1, 0, user.gid))
        }
      }
      try Kernel.rename(new, to: place)
      return copies
    } catch {
      throw EngineError(.kernel, "container \(id): copy its layers for 'idmap: host-user': \(error)")
    }
  }

  /// The writable layer belongs to the container's root.
  func give(_ id: String, _ user: UserIDs) throws(SyscallError) {
    let upper = try Kernel.open(settings.upper(id), [.path, .directory])
    let status = try Kernel.status(at: upper.raw)
    if (status.uid, status.gid) == (0, 0) { try Kernel.changeOwner(at: upper.raw, uid: user.uid, gid: user.gid) }
  }
}
