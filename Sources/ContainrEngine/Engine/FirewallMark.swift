// In which state of all rules our table was as the records want it. As long as nobody commits a change of any rule, a plan
// need not list the table. Only a command that holds the lock writes it; a plan reads it.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSystem
internal import SystemPackage

struct FirewallMark {
  let settings: HostSettings
  let bootID: String

  private var path: FilePath { settings.firewallMark }

  /// Whether the rules are those that were found as this plan wants them.
  func holds(_ plan: FirewallPlan) throws -> Bool {
    let kept: String
    do throws(SyscallError) { kept = try Kernel.record(of: path) } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw error
    }
    return try RulesetGeneration.current().map { text(plan, $0) } == kept
  }

  /// Looks whether the table is as this plan wants it, and keeps that. To be called after it was written.
  func keep(_ plan: FirewallPlan) throws {
    let before = try RulesetGeneration.current()
    // Whoever changes something in between makes another generation.
    guard let before, try NftTable(name: settings.nftTable).isListed(as: plan) else { return }
    try Kernel.replace(path, with: Array(text(plan, before).utf8))
  }

  /// Without a stack there is no table.
  static func remove(_ settings: HostSettings) throws(SyscallError) {
    for path in [settings.firewallMark, Kernel.unfinished(settings.firewallMark)] {
      try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path) }
    }
  }

  private func text(_ plan: FirewallPlan, _ generation: RulesetGeneration) -> String {
    "\(bootID) \(generation) \(StableHash.hex(plan.ruleset, digits: 16))"
  }
}
