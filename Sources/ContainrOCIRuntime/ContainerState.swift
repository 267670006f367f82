// What is written down of a container below the runtime's root, and how it is compared with the kernel.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

/// The record of one container. It is written before the first effect, so that whatever a killed command leaves is found.
struct ContainerState: Sendable, Hashable {
  var id: String
  var bundle: String
  var ociVersion: String
  /// Nanoseconds since 1970.
  var created: UInt64
  var owner: UInt32
  /// nil while it is being created.
  var process: ProcessIdentity?
  /// Whether `start` was given.
  var isStarted = false
  var bootID: String
  /// Relative to the hierarchies; nil for none.
  var cgroupPath: String?
  /// Where the hierarchies are mounted for whoever made it (`CgroupMounts.text`): `exec` need not look again.
  var cgroupMounts: String?
  /// Whether the path was chosen by config.json.
  var cgroupIsChosen = false
  /// Directories of a chosen cgroup that were there before: not the container's to remove.
  var cgroupPlaces: [String] = []
  /// Others were in a chosen cgroup before.
  var cgroupIsShared = false
  /// The mount namespace, by which the container's processes are known among others; nil until there is one.
  var mountNamespace: UInt64?
  var annotations: [String: String] = [:]
  /// Which of its records this is, from 1.
  var revision = 1
  /// Whether `poststop` hooks have to be run.
  var hasCreated = false

  var json: JSONValue {
    var members = [
      JSONMember("id", .string(id)), JSONMember("bundle", .string(bundle)),
      JSONMember("ociVersion", .string(ociVersion)),
      JSONMember("created", .natural(created)), JSONMember("owner", .integer(Int64(owner))),
      JSONMember("started", .bool(isStarted)), JSONMember("complete", .bool(hasCreated)),
      JSONMember("boot", .string(bootID)),
      JSONMember("cgroupIsChosen", .bool(cgroupIsChosen)), JSONMember("annotations", annotationsJSON),
    ]
    if let process {
      members.append(JSONMember("pid", .integer(Int64(process.pid))))
      members.append(JSONMember("startTime", .natural(process.startTime)))
    }
    if let cgroupPath { members.append(JSONMember("cgroup", .string(cgroupPath))) }
    if !cgroupPlaces.isEmpty {
      members.append(JSONMember("cgroupPlaces", .array(cgroupPlaces.map { .string($0) })))
      members.append(JSONMember("cgroupIsShared", .bool(cgroupIsShared)))
    }
    if let cgroupMounts { members.append(JSONMember("cgroupMounts", .string(cgroupMounts))) }
    if let mountNamespace { members.append(JSONMember("mountNamespace", .natural(mountNamespace))) }
    return .object(members)
  }

  var annotationsJSON: JSONValue {
    .object(annotations.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
  }

  /// nil: this is no record of ours.
  init?(_ value: JSONValue) {
    guard case .object(let members) = value else { return nil }
    func get(_ key: String) -> JSONValue? { members.last { $0.key == key }?.value }
    func text(_ key: String) -> String? { if case .string(let text)? = get(key) { text } else { nil } }
    func number(_ key: String) -> UInt64? {
      switch get(key) {
      case .integer(let number)?: UInt64(exactly: number)
      case .natural(let number)?: number
      default: nil
      }
    }
    guard let id = text("id"), let bundle = text("bundle"), let version = text("ociVersion"),
      let created = number("created"), let owner = number("owner"), let boot = text("boot")
    else { return nil }
    (self.id, self.bundle, ociVersion, self.created, bootID) = (id, bundle, version, created, boot)
    self.owner = UInt32(clamping: owner)
    isStarted = get("started") == .bool(true)
    hasCreated = get("complete") == .bool(true)
    cgroupIsChosen = get("cgroupIsChosen") == .bool(true)
    cgroupPath = text("cgroup")
    if case .array(let places)? = get("cgroupPlaces") {
      for place in places { if case .string(let path) = place { cgroupPlaces.append(path) } }
    }
    cgroupMounts = text("cgroupMounts")
    cgroupIsShared = get("cgroupIsShared") == .bool(true)
    mountNamespace = number("mountNamespace")
    if let pid = number("pid"), let start = number("startTime") {
      process = ProcessIdentity(pid: Int32(clamping: pid), startTime: start)
    }
    if case .object(let pairs)? = get("annotations") {
      for pair in pairs { if case .string(let text) = pair.value { annotations[pair.key] = text } }
    }
  }

  init(id: String, bundle: String, ociVersion: String, bootID: String, created: UInt64, owner: UInt32) {
    (self.id, self.bundle, self.ociVersion) = (id, bundle, ociVersion)
    (self.bootID, self.created, self.owner) = (bootID, created, owner)
  }

  /// `creating`, `created`, `running` or `stopped`; `paused` is the cgroup's to say.
  func status() throws(RuntimeFailure) -> String {
    guard let process, try attempt("read the boot id", { () throws(SyscallError) in try Kernel.bootID() }) == bootID
    else { return process == nil && !hasCreated ? "creating" : "stopped" }
    let lives = try attempt("look at the process") { () throws(SyscallError) in try process.isAlive }
    if !lives { return "stopped" }
    return !hasCreated ? "creating" : isStarted ? "running" : "created"
  }

  /// The state that the specification describes: for `state`, and for hooks.
  func specState(status: String, pid: Int32?) -> JSONValue {
    var members = [
      JSONMember("ociVersion", .string(ociVersion)), JSONMember("id", .string(id)),
    ]
    if let pid { members.append(JSONMember("pid", .integer(Int64(pid)))) }
    members.append(JSONMember("status", .string(status)))
    members.append(JSONMember("bundle", .string(bundle)))
    if !annotations.isEmpty { members.append(JSONMember("annotations", annotationsJSON)) }
    return .object(members)
  }
}
