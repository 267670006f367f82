// volumes and tmpfs: the short and the long form, each target once.

extension ServiceDecoder {
  mutating func decodeMounts(_ reader: ObjectReader) {
    if let entry = reader["volumes"], let items = context.items(entry.value, key: "volumes") {
      for item in items {
        if case .mapping = item.content {
          longMount(item)
        } else if let mount = shortMount(item) {
          add(mount, at: item.span, among: "volumes")
        }
      }
    }
    if let entry = reader["tmpfs"], let items = context.items(entry.value, key: "tmpfs", allowsScalar: true) {
      for item in items {
        let mount = context.value(item, key: "tmpfs") { text throws(ValueProblem) in try Self.tmpfs(text) }
        if let mount { add(mount, at: item.span, among: "tmpfs") }
      }
    }
    draft.plan.mounts.sort { left, right in
      let (a, b) = (Self.depth(left.target), Self.depth(right.target))
      return a == b ? left.target < right.target : a < b
    }
  }

  static func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }

  private mutating func add(_ mount: MountPlan, at span: SourceSpan, among key: String) {
    let path = "volumes.\(mount.target)"
    if mount.target == "/" {
      context.error(
        .path, "nothing can be mounted over '/'", at: span, label: "this is the root file system",
        help: "use 'layers' for the root file system")
      return
    }
    if let first = draft.origins[path] {
      let message = "two mounts on \(DisplayText.quote(mount.target))"
      guard key == "volumes", mountKeys[mount.target] == key else {
        context.error(
          .duplicateEntry, message, at: span, label: "mounted again here",
          secondary: [.init(span: first, label: "first mounted here")])
        return
      }
      // Within one list the last one counts, as it does when files are merged.
      context.warning(
        .duplicateEntry, message, at: span, label: "this one counts",
        secondary: [.init(span: first, label: "this one does not")])
      draft.plan.mounts.removeAll { $0.target == mount.target }
    }
    draft.origins[path] = span
    mountKeys[mount.target] = key
    draft.plan.mounts.append(mount)
  }

  private func shortMount(_ item: YAMLNode) -> MountPlan? {
    guard let text = context.text(item, key: "volumes", expected: "a string or a mapping") else { return nil }
    do throws(ValueProblem) {
      let parts = try MountText.parts(text)
      let source = parts.source ?? ""
      var mount = MountPlan(kind: .volume, source: source, target: parts.target)
      if parts.isBind {
        mount = MountPlan(kind: .bind, source: hostPath(source, item), target: parts.target, createHostPath: true)
      }
      try options(parts.options, &mount, item)
      return mount
    } catch {
      context.report(error, at: item)
      return nil
    }
  }

  private func hostPath(_ text: String, _ node: YAMLNode) -> String {
    PathText.resolve(text, base: context.base(of: node), home: context.home)
  }

  private func options(_ options: [String], _ mount: inout MountPlan, _ item: YAMLNode) throws(ValueProblem) {
    for option in options {
      switch option {
      case "ro": mount.readOnly = true
      case "rw": mount.readOnly = false
      case "cached", "delegated", "consistent", "rprivate", "private", "rbind", "copy": continue
      case "nocopy":
        if mount.kind == .volume { mount.noCopy = true }
      case "z", "Z": mount.relabel = MountPlan.Relabel(rawValue: option)
      case "slave",
        "rslave" where mount.kind == .bind:
        mount.followsHost = true
      default:
        throw ValueProblem(
          .cannotHonour, "the mount option '\(option)' cannot be honoured by this version",
          label: "the mount would behave otherwise")
      }
    }
  }

  private mutating func longMount(_ item: YAMLNode) {
    guard let reader = ObjectReader(item, .mount, key: "volumes", context: context) else { return }
    guard let type = reader["type"] else {
      context.error(
        .missingKey, "the mount has no type", at: item.span, label: "needs 'type'",
        help: "write 'type: bind', 'type: volume', 'type: tmpfs' or 'type: image'")
      return
    }
    guard let kind = mountKind(type.value) else {
      // Nothing of it is read: it has to be right all the same.
      for (key, table) in [("bind", KeyTable.mountBind), ("volume", .mountVolume), ("tmpfs", .mountTmpfs)] {
        if let entry = reader[key] { ShapeChecker(context: context).check(entry.value, .object(table), key: key) }
      }
      return
    }
    guard let entry = reader["target"] else {
      context.error(.missingKey, "the mount has no target", at: item.span, label: "needs 'target'")
      return
    }
    let target = context.value(entry.value, key: "target") { text throws(ValueProblem) in try PathText.inContainer(text)
    }
    guard let target else { return }
    var mount = MountPlan(kind: kind, source: "", target: target, createHostPath: kind == .bind)
    mount.readOnly = readOnly(reader, kind)
    // Options are read first: they are right or wrong whatever the source is.
    longOptions(reader, &mount)
    guard longSource(reader, item, &mount) else { return }
    add(mount, at: entry.keySpan, among: "volumes")
  }

  /// An image belongs to all who have it.
  private func readOnly(_ reader: ObjectReader, _ kind: MountPlan.Kind) -> Bool {
    guard let entry = reader["read_only"] else { return kind == .image }
    let isReadOnly = context.boolean(entry.value, key: "read_only")
    if kind != .image { return isReadOnly ?? false }
    if isReadOnly == false {
      context.error(
        .cannotHonour, "an image that is mounted cannot be written to", at: entry.value.span,
        label: "other containers have it as well", help: "remove 'read_only', or use the image as a layer")
    }
    return true
  }

  private func mountKind(_ node: YAMLNode) -> MountPlan.Kind? {
    context.value(node, key: "type") { text throws(ValueProblem) in
      if let kind = MountPlan.Kind(rawValue: text) { return kind }
      let isKnown = ["npipe", "cluster"].contains(text)
      throw ValueProblem(
        isKnown ? .cannotHonour : .invalidValue,
        isKnown
          ? "mounts of type '\(text)' are not available in this version"
          : "unknown mount type \(DisplayText.quote(text))", help: "write bind, volume, tmpfs or image")
    }
  }

  private func longSource(_ reader: ObjectReader, _ item: YAMLNode, _ mount: inout MountPlan) -> Bool {
    guard let source = reader["source"] else {
      if mount.kind == .tmpfs || mount.kind == .volume { return true }
      context.error(.missingKey, "the mount has no source", at: item.span, label: "needs 'source'")
      return false
    }
    let kind = mount.kind
    let text = context.value(source.value, key: "source") { text throws(ValueProblem) in
      switch kind {
      case .volume: return try NameText.object(text, "volume")
      case .bind where !text.isEmpty: return hostPath(text, source.value)
      case .bind: throw ValueProblem(.path, "an empty text is not a path")
      case .image:
        try ImageText.check(text)
        return text
      case .tmpfs: throw ValueProblem(.conflict, "a tmpfs has no source", help: "remove 'source'")
      }
    }
    guard let text else { return false }
    mount.source = text
    return true
  }

  private func longOptions(_ reader: ObjectReader, _ mount: inout MountPlan) {
    for (key, kind) in [("bind", MountPlan.Kind.bind), ("volume", .volume), ("tmpfs", .tmpfs), ("image", .image)] {
      guard let entry = reader[key], kind != mount.kind else { continue }
      context.error(
        .conflict, "'\(key)' does not belong to a mount of type '\(mount.kind.rawValue)'", at: entry.keySpan,
        label: "has no meaning here", help: "remove it, or write 'type: \(key)'")
    }
    if let entry = reader["bind"], let bind = ObjectReader(entry.value, .mountBind, key: "bind", context: context) {
      let create = bind["create_host_path"].flatMap { context.boolean($0.value, key: "create_host_path") }
      if mount.kind == .bind { mount.createHostPath = create ?? true }
      mount.relabel = bind["selinux"].flatMap { entry in
        context.value(entry.value, key: "selinux") { text throws(ValueProblem) in
          try ScalarForm.oneOf(["z", "Z"]).check(text)
          return MountPlan.Relabel(rawValue: text)
        } ?? nil
      }
      belowBind(bind, &mount)
    }
    if let entry = reader["volume"],
      let volume = ObjectReader(entry.value, .mountVolume, key: "volume", context: context)
    {
      if let entry = volume["nocopy"], context.boolean(entry.value, key: "nocopy") == true { mount.noCopy = true }
      mount.subpath = subpath(volume["subpath"])
    }
    if let entry = reader["image"], let image = ObjectReader(entry.value, .mountImage, key: "image", context: context) {
      mount.subpath = subpath(image["subpath"])
    }
    if let entry = reader["tmpfs"], let tmpfs = ObjectReader(entry.value, .mountTmpfs, key: "tmpfs", context: context) {
      mount.size = tmpfs["size"].flatMap { size in
        context.value(size.value, key: "size") { text throws(ValueProblem) in try Self.tmpfsSize(text) }
      }
      mount.mode = tmpfs["mode"].flatMap { mode in
        context.value(mode.value, key: "mode") { text throws(ValueProblem) in try NumberText.mode(text) }
      }
    }
  }

  /// What a bind does with mounts below its source.
  private func belowBind(_ bind: ObjectReader, _ mount: inout MountPlan) {
    if let entry = bind["propagation"] {
      let follows = context.value(entry.value, key: "propagation") { text throws(ValueProblem) in
        switch text {
        case "rprivate", "private", "": return false
        case "rslave", "slave": return true
        default:
          throw ValueProblem(
            .cannotHonour, "the propagation \(DisplayText.quote(text)) cannot be honoured by this version",
            label: "the container could mount on the host", help: "write rslave or rprivate")
        }
      }
      mount.followsHost = follows == true ? true : nil
    }
    guard let entry = bind["recursive"] else { return }
    let isReadOnly = mount.readOnly
    let isAlone = context.value(entry.value, key: "recursive") { text throws(ValueProblem) in
      try ScalarForm.oneOf(["enabled", "disabled", "writable", "readonly"]).check(text)
      switch text {
      case "readonly" where !isReadOnly:
        throw ValueProblem(
          .conflict, "'recursive: readonly' needs 'read_only: true'", help: "add it, or remove 'recursive'")
      case "writable" where isReadOnly:
        throw ValueProblem(
          .cannotHonour, "'recursive: writable' cannot be honoured by this version",
          label: "mounts below the source would be read-only as well",
          help: "mount what has to be written under a target of its own")
      default: return text == "disabled"
      }
    }
    mount.isAlone = isAlone == true ? true : nil
  }

  private func subpath(_ entry: YAMLEntry?) -> String? {
    entry.flatMap { entry in
      context.value(entry.value, key: "subpath") { text throws(ValueProblem) in try Self.subpath(text) }
    }
  }

  private static func subpath(_ text: String) throws(ValueProblem) -> String {
    let parts = text.pieces("/").filter { !$0.isEmpty && $0 != "." }
    guard !text.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !text.utf8.contains(0) else {
      throw ValueProblem(
        .path, "\(DisplayText.quote(text)) is no path below a mount", help: "write a relative path without '..'")
    }
    return parts.joined(separator: "/")
  }

  /// nosuid, nodev and noexec go without saying, as in Docker.
  private static let tmpfsFlags = [
    "exec", "noexec", "suid", "nosuid", "dev", "nodev", "noatime", "nodiratime", "relatime", "strictatime",
  ]

  /// `TARGET` or `TARGET:size=64m,mode=1777`.
  private static func tmpfs(_ text: String) throws(ValueProblem) -> MountPlan {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var mount = MountPlan(kind: .tmpfs, source: "", target: try PathText.inContainer(parts[0]))
    guard parts.count > 1 else { return mount }
    for option in parts[1].split(separator: ",") {
      let pair = option.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair[0], pair.count) {
      case ("size", 2): mount.size = try tmpfsSize(pair[1])
      case ("mode", 2): mount.mode = try NumberText.mode(pair[1])
      case ("ro", 1): mount.readOnly = true
      case ("rw", 1): mount.readOnly = false
      case ("uid", 2), ("gid", 2):
        guard UInt32(pair[1]) != nil, pair[1] != "4294967295" else {
          throw ValueProblem(
            .number, "\(DisplayText.quote(String(option))) has no id",
            label: "names are known only inside the container",
            help: "write the number")
        }
        mount.options.append(String(option))
      case ("nr_inodes", 2), ("nr_blocks", 2):
        _ = try NumberText.integer(pair[1], 1...Int64.max)
        mount.options.append(String(option))
      case (_, 1) where tmpfsFlags.contains(pair[0]): mount.options.append(pair[0])
      default:
        throw ValueProblem(
          .cannotHonour, "the tmpfs option \(DisplayText.quote(String(option))) cannot be honoured by this version",
          label: "the mount would behave otherwise",
          help: "available are size, mode, uid, gid, nr_inodes, nr_blocks, \(tmpfsFlags.joined(separator: ", "))")
      }
    }
    mount.options.sort()
    return mount
  }

  /// A size of 0 would mean "unlimited" to the kernel.
  private static func tmpfsSize(_ text: String) throws(ValueProblem) -> Int64 {
    let size = try ByteSizeText.bytes(text)
    guard size > 0 else { throw ValueProblem(.byteSize, "a tmpfs needs a size above 0", help: "such as 64m") }
    return size
  }
}
