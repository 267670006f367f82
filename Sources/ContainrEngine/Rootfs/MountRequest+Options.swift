// The words of `mounts[].options`. Pure. Source: config.md#linux-mount-options of the runtime-spec, and mount(8).
public import ContainrOCI

extension MountRequest {
  /// A mount of config.json. What is no option of the mount is one of its file system, and the kernel's to judge.
  public init(_ mount: OCIMount) throws(MountPlanError) {
    self.init(type: mount.type, source: mount.source, target: mount.destination)
    for option in mount.options { try add(option) }
    if mount.type == "bind" { isBind = true }
    if !mount.uidMappings.isEmpty || !mount.gidMappings.isEmpty || idmap != nil {
      let map = IDMap(uids: mount.uidMappings, gids: mount.gidMappings)
      if map.uids.isEmpty != map.gids.isEmpty {
        throw MountPlanError("mount \(target): uidMappings and gidMappings belong together")
      }
      if !map.isEmpty, let fault = IDMap.fault(in: map.uids) ?? IDMap.fault(in: map.gids) {
        throw MountPlanError("mount \(target): the mapping \(fault)")
      }
      if !isBind { throw MountPlanError("mount \(target): only a bind mount can be idmapped") }
      idmap = map
    }
    (subpath, namespace) = (mount.subpath, mount.namespace)
    if copiesUp, mount.type != "tmpfs" { throw MountPlanError("mount \(target): tmpcopyup is for tmpfs") }
    if isBind {
      // mount(2) would not look at them: a `ro` or `nosuid` that is written wrongly would be lost.
      if let word = parameters.first(where: { $0.value == nil && !Self.ofFileSystems.contains($0.key) })?.key {
        throw MountPlanError("mount \(target): a bind mount has no option '\(word)'")
      }
      parameters = []  // a bind has no file system of its own to be asked
    }
  }

  /// Words of mount(8) that are the file system's, which a bind leaves as it is.
  private static let ofFileSystems: Set = [
    "async", "sync", "dirsync", "mand", "nomand", "lazytime", "nolazytime", "iversion",
  ]

  private mutating func add(_ option: String) throws(MountPlanError) {
    if let (attribute, isSet) = Self.attribute(option) {
      put(attribute, isSet, recursive: false)
    } else if option.first == "r", let (attribute, isSet) = Self.attribute(String(option.dropFirst())) {
      put(attribute, isSet, recursive: true)
    } else if let flags = Self.propagation(option) {
      propagation.append(flags)
    } else if option.hasPrefix("uidmapping=") || option.hasPrefix("gidmapping=") {
      throw MountPlanError("mount \(target): the option '\(option)' is not known; use uidMappings and gidMappings")
    } else {
      word(option)
    }
  }

  private mutating func word(_ option: String) {
    switch option {
    case "defaults", "loud", "silent", "norelatime", "nostrictatime", "rnorelatime", "rnostrictatime", "noiversion", "":
      break
    case "bind": isBind = true
    case "rbind": (isBind, isRecursive) = (true, true)
    case "remount": isRemount = true
    case "tmpcopyup": copiesUp = true
    case "idmap": idmap = idmap ?? IDMap(uids: [], gids: [])
    case "ridmap": (idmap, idmapIsRecursive) = (idmap ?? IDMap(uids: [], gids: []), true)
    case "copy-symlink": copiesLink = true
    case "src-nofollow": sourceIsLink = true
    case "dest-nofollow": targetIsLink = true
    default:
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      parameters.append(MountParameter(parts[0], parts.count == 2 ? parts[1] : nil))
    }
  }

  private mutating func put(_ attribute: MountAttributes, _ isSet: Bool, recursive: Bool) {
    // Of the access times one choice holds: the last.
    let times: MountAttributes = [.noAccessTime, .strictAccessTime]
    let others = attribute.isSubset(of: times) ? times : attribute
    if recursive {
      recursiveSet.subtract(others)
      recursiveClear.subtract(attribute)
      if isSet { recursiveSet.insert(attribute) } else { recursiveClear.insert(attribute) }
    } else {
      set.subtract(others)
      clear.subtract(attribute)
      if isSet { set.insert(attribute) } else { clear.insert(attribute) }
    }
  }

  private static let opposites: [(name: String, attribute: MountAttributes)] = [
    ("rw", .readOnly), ("suid", .noSetuid), ("dev", .noDevices), ("exec", .noExec), ("atime", .noAccessTime),
    ("diratime", .noDirectoryAccessTime), ("symfollow", .noSymlinkFollow),
  ]

  private static func attribute(_ word: String) -> (MountAttributes, Bool)? {
    if let known = MountAttributes.spelling.first(where: { $0.name == word }) { return (known.attribute, true) }
    if let known = opposites.first(where: { $0.name == word }) { return (known.attribute, false) }
    // The kernel's default, whose bits are 0: what says otherwise is taken away.
    return word == "relatime" ? ([.noAccessTime, .strictAccessTime], false) : nil
  }

  /// The MS_* flags of a word such as `rslave`; nil if it is none.
  public static func propagation(_ word: String) -> UInt64? {
    let isRecursive = word.first == "r"
    let flag: UInt64
    switch isRecursive ? String(word.dropFirst()) : word {
    case "shared": flag = 1 << 20
    case "slave": flag = 1 << 19
    case "private": flag = 1 << 18
    case "unbindable": flag = 1 << 17
    default: return nil
    }
    return isRecursive ? flag | 0x4000 : flag
  }
}
