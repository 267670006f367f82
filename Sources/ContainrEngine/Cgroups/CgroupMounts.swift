// Where the cgroup hierarchies are mounted, read once from mountinfo. Reads only.
internal import ContainrOCI
public import ContainrSystem
public import SystemPackage

/// The mounted hierarchies as this process sees them.
public struct CgroupMounts: Sendable, Hashable {
  /// Which interface limits are written to.
  public enum Layout: String, Sendable, Hashable {
    /// Only v1 hierarchies.
    case v1
    /// v1 hierarchies with the controllers, and a v2 tree beside them.
    case hybrid
    /// One v2 tree.
    case v2
  }

  /// v1 mount points by controller; controllers mounted together share one.
  public var controllers: HierarchyPoints
  /// The v2 tree's mount point.
  public var unified: FilePath?
  /// Mount points of v1 hierarchies without a controller, such as `name=systemd`.
  public var named: HierarchyPoints = [:]
  /// Hierarchies that are not ours to make groups in, by controller; `""` is the v2 tree.
  public var withheld: [String] = []
  /// They are those of a user namespace: what lies above a group that was given away is somebody else's.
  var isDelegated = false
  /// v2: the first group on the way to ours in which controllers are ours to turn on, if it was given to us.
  var delegation: FilePath?

  /// A layout by hand; a temporary directory serves in tests.
  public init(controllers: HierarchyPoints, unified: FilePath? = nil) {
    self.controllers = controllers
    self.unified = unified
  }

  /// A line `controller<TAB>mount point` each; `name=…` for the named, nothing before the tab for the v2 tree.
  public var text: String {
    var text = ""
    func add(_ name: String, _ point: FilePath) {
      if !text.isEmpty { text += "\n" }
      text += name
      text += "\t"
      text += point.string
    }
    for index in controllers.names.indices { add(controllers.names[index], controllers.points[index]) }
    for index in named.names.indices { add(named.names[index], named.points[index]) }
    if let unified { add("", unified) }
    return text
  }

  /// Reads `text`; lines that are none are passed over.
  public init(text: String) {
    controllers = [:]
    // By bytes, and by hand: this is read by whatever enters a container.
    let bytes = text.utf8
    var start = bytes.startIndex
    while start < bytes.endIndex {
      var (end, tab) = (start, bytes.endIndex)
      while end < bytes.endIndex, bytes[end] != 0x0A {
        if bytes[end] == 0x09, tab == bytes.endIndex { tab = end }
        end = bytes.index(after: end)
      }
      let begin = start
      start = end < bytes.endIndex ? bytes.index(after: end) : end
      if tab == bytes.endIndex { continue }
      let (name, point) = (String(text[begin..<tab]), FilePath(String(text[bytes.index(after: tab)..<end])))
      if name.isEmpty {
        unified = point
      } else if name.hasPrefix("name=") {
        named[name] = point
      } else {
        controllers[name] = point
      }
    }
  }

  /// v1's controllers, those of one hierarchy together.
  public var hierarchies: [[String]] {
    var all: [(point: FilePath, names: [String])] = []
    for index in controllers.names.indices {
      if let known = all.firstIndex(where: { $0.point == controllers.points[index] }) {
        all[known].names.append(controllers.names[index])
      } else {
        all.append((controllers.points[index], [controllers.names[index]]))
      }
    }
    return all.map(\.names)
  }

  /// v2 only where no v1 controller is mounted.
  public var layout: Layout {
    if controllers.isEmpty, unified != nil { return .v2 }
    return unified == nil ? .v1 : .hybrid
  }

  /// Reads the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). Of several mounts of a hierarchy the one that
  /// shows its root wins, then the first. One that another mount covers cannot be reached and does not count.
  public static func detect(mountinfo: String) -> CgroupMounts { detect(mountinfo: Array(mountinfo.utf8)) }

  /// By bytes: by characters this took a start a quarter of its instructions.
  private static func detect(mountinfo: [UInt8]) -> CgroupMounts {
    var places: [MountPlace] = []
    var seen: [MountLine] = []
    var rest = mountinfo[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != 0x0A }
      rest = rest[line.endIndex...].dropFirst()
      guard let place = MountPlace(line) else { continue }
      places.append(place)
      guard mentionsCgroups(line), let mount = MountLine(line, place) else { continue }
      if mount.type == "cgroup" || mount.type == "cgroup2" { seen.append(mount) }
    }
    seen.removeAll { $0.place.isHidden(among: places) }
    var found = CgroupMounts(controllers: [:])
    var whole: [String] = []
    for mount in seen {
      if mount.type == "cgroup", let name = mount.superOptions.first(where: { $0.hasPrefix("name=") }),
        found.named[name] == nil || mount.root == "/"
      {
        found.named[name] = mount.point
      }
      let names = mount.type == "cgroup2" ? [""] : mount.superOptions.filter(Self.knownControllers.contains)
      for name in names where found.mountPoint(name) == nil || (mount.root == "/" && !whole.contains(name)) {
        if name.isEmpty { found.unified = mount.point } else { found.controllers[name] = mount.point }
        if mount.root == "/" { whole.append(name) }
      }
    }
    return found
  }

  /// Reads this process's mountinfo.
  public static func detect() throws(SyscallError) -> CgroupMounts {
    detect(mountinfo: try Kernel.contents(of: "/proc/self/mountinfo"))
  }

  /// The same without what is not ours: root of a user namespace has only those groups that somebody has given away
  /// (cgroups(7), delegation), and `parent` must lie in one. Nothing is left out for root of the host, who has all.
  public func usable(below parent: String) throws(SyscallError) -> CgroupMounts {
    if try !Kernel.isInUserNamespace() { return self }
    var mounts = self
    mounts.isDelegated = true
    // So it is in the container of a user who was given no group: nothing is mounted, and nothing could be.
    if unified == nil, controllers.points.isEmpty { mounts.withheld = [""] }
    func isOurs(_ root: FilePath) throws(SyscallError) -> Bool {
      var group = root.pushing(FilePath(parent))
      // What is not there yet is made in the nearest group above that is.
      while group != root, try !Kernel.exists(group) { group = group.above }
      return try Kernel.mayWrite(group)
    }
    for (name, root) in zip(controllers.names, controllers.points) where try !isOurs(root) {
      mounts.controllers[name] = nil
      mounts.withheld.append(name)
    }
    for (name, root) in zip(named.names, named.points) where try !isOurs(root) { mounts.named[name] = nil }
    if let root = unified {
      if try isOurs(root) {
        var group = root
        for component in FilePath(parent).components {
          if try Kernel.mayWrite(group.appending("cgroup.subtree_control")) { break }
          // What is not there yet is made with what the group above it gives.
          let next = group.appending(component)
          guard try Kernel.exists(next) else { break }
          group = next
        }
        mounts.delegation = group
      } else {
        mounts.unified = nil
        mounts.withheld.append("")
      }
    }
    return mounts
  }

  /// What of these can be asked for: no device node works in a user namespace but those that are bound into it, and nobody in
  /// it may say which do (mknod(2), Documentation/admin-guide/cgroup-v1/devices.rst).
  func reachable(_ resources: OCIResources) -> OCIResources {
    if !isDelegated { return resources }
    var resources = resources
    resources.devices = []
    return resources
  }

  /// Most lines are of other file systems; they are not taken apart.
  private static func mentionsCgroups(_ line: ArraySlice<UInt8>) -> Bool {
    var matched = 0
    let word: StaticString = "cgroup"
    for byte in line {
      matched = byte == word.utf8Start[matched] ? matched + 1 : byte == word.utf8Start[0] ? 1 : 0
      if matched == word.utf8CodeUnitCount { return true }
    }
    return false
  }

  private func mountPoint(_ name: String) -> FilePath? { name.isEmpty ? unified : controllers[name] }

  /// v1's controllers: the other options of a cgroup mount are flags and names. An array, which is made when we are built.
  static let knownControllers: [String] = [
    "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "net_cls", "net_prio", "perf_event",
    "hugetlb", "rdma", "misc",
  ]
}

/// Where a mount stands: the first fields of its line.
private struct MountPlace {
  var id = 0
  var parent = 0
  /// The mount point as it is written there.
  var point: ArraySlice<UInt8>

  init?(_ line: ArraySlice<UInt8>) {
    point = line
    var (field, start) = (0, line.startIndex)
    for at in line.indices {
      let byte = line[at]
      if byte == UInt8(ascii: " ") {
        if field == 4 {
          point = line[start..<at]
          return
        }
        field += 1
        start = at + 1
      } else if field < 2 {
        guard (0x30...0x39).contains(byte) else { return nil }
        let digit = Int(byte - 0x30)
        if field == 0 { id = id &* 10 &+ digit } else { parent = parent &* 10 &+ digit }
      }
    }
    return nil
  }

  /// Whether a path leads past it, because another mount stands on it, or on what it stands on. By parents, not by the order
  /// of lines: after an initramfs the root itself comes later than what was moved into it.
  func isHidden(among all: [MountPlace]) -> Bool {
    var place = self
    // No deeper than there are mounts, whatever the ids say.
    for _ in all.indices {
      for other in all where other.id != place.id {
        if other.parent == place.id, other.holds(place.point, also: true) { return true }
        if other.parent == place.parent, other.holds(place.point, also: false) { return true }
      }
      guard let below = all.first(where: { $0.id == place.parent }), below.id != place.id else { return false }
      place = below
    }
    return false
  }

  /// Whether a path lies below the mount point; `also`, or just there.
  private func holds(_ path: ArraySlice<UInt8>, also same: Bool) -> Bool {
    if !path.starts(with: point) { return false }
    if path.count == point.count { return same }
    return !same && (path[path.startIndex + point.count] == UInt8(ascii: "/") || point.last == UInt8(ascii: "/"))
  }
}

/// The fields of one mountinfo line that matter here.
private struct MountLine {
  var root: String
  var point: FilePath
  var type: String
  var superOptions: [String]
  let place: MountPlace

  init?(_ line: ArraySlice<UInt8>, _ place: MountPlace) {
    let fields = line.split(separator: UInt8(ascii: " "))
    let dash = fields.firstIndex { $0.count == 1 && $0.first == UInt8(ascii: "-") }
    guard fields.count > 6, let dash, fields.count > dash + 3 else { return nil }
    self.place = place
    func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field, as: UTF8.self) }
    root = MountInfo.unescaped(text(fields[3])[...])
    point = FilePath(MountInfo.unescaped(text(fields[4])[...]))
    type = text(fields[dash + 1])
    superOptions = fields[dash + 3].split(separator: UInt8(ascii: ",")).map(text)
  }
}
