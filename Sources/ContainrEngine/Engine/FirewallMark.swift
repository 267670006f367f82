// In which state of all rules our table was as the records want it. As long as nobody commits a change of any rule, a plan
// need not list the table. Only a command that holds the lock writes it; a plan reads it.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSystem
internal import SystemPackage

struct FirewallMark {
  let settings: HostSettings
  let bootID: String
  /// The state of all rules at this moment; nil: the kernel does not tell.
  var generation: () throws -> RulesetGeneration? = { try RulesetGeneration.current() }
  /// Whether the table is listed in the very words of the plan.
  var isListed: (FirewallPlan) throws -> Bool = { try NftTable(name: $0.table).isListed(as: $0) }

  init(settings: HostSettings, bootID: String) {
    self.settings = settings
    self.bootID = bootID
  }

  private var path: FilePath { settings.firewallMark }

  /// Whether the rules are those that were found as this plan wants them.
  func holds(_ plan: FirewallPlan) throws -> Bool {
    let kept: String
    do throws(SyscallError) { kept = try Kernel.record(of: path) } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw error
    }
    return try generation().map { text(plan, $0) } == kept
  }

  /// Writes the tables of a plan, or moves them from another one, and keeps what follows from it: if the kernel has counted no
  /// other transaction than those of `step`, and these wrote everything, or moved what was as the old plan wants it, then
  /// all is as the new one wants it. Otherwise it is looked, which takes the longer the more members there are.
  func follow(from old: FirewallPlan? = nil, to new: FirewallPlan, _ step: () throws -> NftStep) throws {
    let before = try generation()
    let wasRight = try old.map { try holds($0) } ?? false
    let done = try step()
    if let before, done.isWhole || wasRight {
      let after = (0..<done.transactions).reduce(before) { generation, _ in generation.next }
      if try generation() == after { return try write(new, after) }
    }
    try keep(new)
  }

  /// Looks whether the table is as this plan wants it, and keeps that.
  func keep(_ plan: FirewallPlan) throws {
    let before = try generation()
    // Whoever changes something in between makes another generation.
    guard let before, try isListed(plan) else { return }
    try write(plan, before)
  }

  private func write(_ plan: FirewallPlan, _ generation: RulesetGeneration) throws {
    try Kernel.replace(path, with: Array(text(plan, generation).utf8))
  }

  /// Without a stack there is no table.
  static func remove(_ settings: HostSettings) throws(SyscallError) {
    for path in [settings.firewallMark, Kernel.unfinished(settings.firewallMark)] {
      try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path) }
    }
  }

  private func text(_ plan: FirewallPlan, _ generation: RulesetGeneration) -> String {
    "\(bootID) \(generation) \(StableHash.hex("\(plan.outline)\(Self.sum(plan.members))", digits: 16))"
  }

  /// Of all members, in whatever order.
  private static func sum(_ members: [MemberRule]) -> UInt64 {
    members.reduce(0) { sum, member in
      var bytes = Array("\(member.link)/\(member.id)/".utf8) + member.macAddress.octets
      for address in member.addresses { bytes += [4] + address.octets }
      for address in member.addresses6 { bytes += [6] + address.octets }
      return sum &+ StableHash.value(bytes)
    }
  }
}
