// Which place of the file asks for what has drifted: the kernel's words → the paths of a plan's fields. Pure.
internal import ContainrSpec

enum DriftOrigin {
  /// What is observed, by the beginning of its name, and the fields that ask for it, the nearest first. A field that ends
  /// with a dot stands for all below it.
  private static let fields: [(what: String, paths: [String])] = [
    ("memory.limit", ["mem_limit"]), ("memory.reservation", ["mem_reservation"]),
    ("memory.swap", ["memswap_limit", "mem_limit"]), ("cpu.quota", ["cpus"]), ("cpu.period", ["cpus"]),
    ("cpu.shares", ["cpu_shares"]), ("cpu.cpus", ["cpuset"]), ("cpu.mems", ["cpuset"]), ("pids.limit", ["pids_limit"]),
    ("blkio.", ["blkio_config."]), ("capabilities.", ["cap_add", "cap_drop"]), ("user", ["user"]),
    ("layer ", ["layers"]),
  ]

  /// The place of what asks for it; where nothing does, that of the service.
  static func location(of what: String, _ service: ServicePlan) -> SourceLocation {
    if what.hasPrefix("image ") { return service.origin(ofImage: String(what.dropFirst("image ".count))) }
    let paths =
      what.hasPrefix("mount ")
      ? ["volumes.", "configs.", "secrets."].map { $0 + what.dropFirst("mount ".count) }
      : fields.first { what.hasPrefix($0.what) }?.paths ?? []
    for path in paths {
      if let origin = service.origins[path] { return origin }
      guard path.hasSuffix(".") else { continue }
      if let below = service.origins.keys.filter({ $0.hasPrefix(path) }).min() {
        return service.origins[below] ?? service.location
      }
    }
    return service.location
  }

  /// The place that asks for a network.
  static func location(ofNetwork key: String, _ service: ServicePlan) -> SourceLocation {
    service.origins["networks.\(key)"] ?? service.location
  }
}
