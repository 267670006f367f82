// `state`, `list`, `ps`: what there is.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

enum Inspection {
  /// The status with `paused`, which only the cgroup knows.
  static func status(_ state: ContainerState, _ context: RuntimeContext) throws(RuntimeFailure) -> String {
    let status = try state.status()
    if status == "running" || status == "created", let cgroup = try context.cgroup(state),
      try Removal.isPaused(cgroup)
    {
      return "paused"
    }
    return status
  }

  static func state(_ id: String, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let directory = try context.root.directory(id)
    var state = try directory.loadExisting()
    // Who asks right behind a `create` mostly means its end; a hook of that may ask as well, so not for ever.
    for _ in 0..<20 where try state.status() == "creating" {
      Kernel.pause(milliseconds: 10)
      state = try directory.loadExisting()
    }
    print(try json(state, try status(state, context), directory).text(indent: 2) + "\n")
    return 0
  }

  private static func json(
    _ state: ContainerState, _ status: String, _ directory: StateDirectory
  ) throws(RuntimeFailure) -> JSONValue {
    let lives = status != "stopped" && status != "creating"
    guard case .object(var members) = state.specState(status: status, pid: lives ? state.process?.pid ?? 0 : 0) else {
      return .null
    }
    members.append(JSONMember("rootfs", .string(rootfs(state, directory))))
    members.append(JSONMember("created", .string(LogTimestamp.text(state.created))))
    members.append(JSONMember("owner", .string(owner(state.owner))))
    return .object(members)
  }

  private static func rootfs(_ state: ContainerState, _ directory: StateDirectory) -> String {
    do throws(RuntimeFailure) {
      let spec = try BundleReader(kept: directory, bundle: state.bundle).spec
      return MountTranslation.absolute(spec.root.path, FilePath(state.bundle))
    } catch {
      return ""
    }
  }

  /// The name of a uid of this host; empty if it has none.
  private static func owner(_ uid: UInt32) -> String {
    let text: String
    do throws(SyscallError) { text = try Kernel.text(of: "/etc/passwd") } catch { return "" }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, fields[2] == String(uid) { return String(fields[0]) }
    }
    return ""
  }

  static func list(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    var rows: [(ContainerState, String, StateDirectory)] = []
    for id in try context.root.ids() {
      do throws(RuntimeFailure) {
        let directory = try context.root.directory(id)
        // One that is just being made has no record yet.
        guard let state = try directory.load() else { continue }
        rows.append((state, try status(state, context), directory))
      } catch {
        if error.isMissing { continue }
        context.log.error("\(id): \(error)")
      }
    }
    if words.has("quiet") {
      for row in rows { print(row.0.id + "\n") }
      return 0
    }
    switch words.value("format") ?? "table" {
    case "json":
      var all: [JSONValue] = []
      for row in rows { all.append(try json(row.0, row.1, row.2)) }
      print((rows.isEmpty ? "[]" : JSONValue.array(all).text()) + "\n")
    case "table":
      let header = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
      let lines = rows.map { state, status, _ in
        let pid = status == "stopped" ? 0 : state.process?.pid ?? 0
        return [
          state.id, String(pid), status, state.bundle, LogTimestamp.text(state.created), owner(state.owner),
        ]
      }
      print(table([header] + lines))
    default: throw RuntimeFailure("--format must be table or json")
    }
    return 0
  }

  private static func table(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, text in
        column == row.count - 1
          ? text : text + String(repeating: " ", count: max(0, max(11, widths[column]) + 1 - text.count))
      }.joined() + "\n"
    }.joined()
  }

  static func ps(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    guard let id = words.operands.first else { throw RuntimeFailure("needs a container id") }
    let state = try context.root.directory(id).loadExisting()
    guard let cgroup = try context.cgroup(state) else { throw RuntimeFailure("ps needs a cgroup, and there is none") }
    let pids = try Members(cgroup: cgroup, state: state).processes()
    switch words.value("format") ?? "table" {
    case "json": print(JSONValue.array(pids.map { .integer(Int64($0)) }).text() + "\n")
    case "table":
      let arguments = words.operands.count > 1 ? Array(words.operands.dropFirst()) : ["-ef"]
      let lines = try output(of: arguments).split(separator: "\n", omittingEmptySubsequences: true)
      guard let head = lines.first,
        let column = head.split(separator: " ").firstIndex(of: "PID")
      else { throw RuntimeFailure("ps \(arguments.joined(separator: " ")): shows no PID") }
      print(head + "\n")
      for line in lines.dropFirst() {
        let fields = line.split(separator: " ")
        if fields.count > column, let pid = Int32(fields[column]), pids.contains(pid) { print(line + "\n") }
      }
    default: throw RuntimeFailure("--format must be table or json")
    }
    return 0
  }

  private static func output(of arguments: [String]) throws(RuntimeFailure) -> String {
    try attempt("run ps") { () throws(SyscallError) in
      let null = try Kernel.open("/dev/null", .readWrite)
      let ends = try Kernel.pipe().release()
      let read = OwnedFD(taking: ends.read)
      let write = OwnedFD(taking: ends.write)
      let child = try ChildProcess.spawn(
        "/bin/ps", arguments: ["ps"] + arguments, environment: ["PATH=/usr/bin:/bin", "COLUMNS=4096"],
        descriptors: [null.raw, write.raw, 2])
      _ = consume write
      let bytes = try read.readAll()
      _ = try child.wait()
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// To stdout, whole.
  static func print(_ text: some StringProtocol) {
    do throws(SyscallError) { try Kernel.writeAll(1, Array(text.utf8)) } catch {
      if error.errno != 32 { RuntimeLog.tell("containr-runtime: write: \(error)\n") }
    }
  }
}
