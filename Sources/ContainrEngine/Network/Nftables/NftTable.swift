// Applies and lists one nft table through libnftables, in this process. The library is not made for threads: one
// call at a time in the whole process.
internal import CNftables
internal import Glibc
internal import Synchronization

/// What was done to our tables.
public struct NftStep: Sendable, Hashable {
  /// Everything was written; else some elements were moved.
  public var isWhole: Bool
  /// As the kernel counts them (`RulesetGeneration`).
  public var transactions: Int
}

/// Our table in the kernel.
public final class NftTable: Sendable {
  /// libnftables' context, made at the first call and kept as long as the process.
  private static let context = Mutex<OpaquePointer?>(nil)
  private static let comparisons = Atomic<Int>(0)
  /// The name of our tables, of the families ip, bridge and ip6.
  public let name: String

  /// Costs nothing: the library starts at the first call.
  public init(name: String = "containr") { self.name = name }

  /// Replaces the whole table in one transaction: packets see the old rules or the new ones.
  @discardableResult
  public func apply(_ plan: FirewallPlan) throws(NetworkError) -> NftStep {
    try check(plan)
    _ = try Self.run("apply", NftRuleset.text(for: plan))
    let isMore = plan.hasIPv6 ? false : try removeIPv6()
    return NftStep(isWhole: true, transactions: isMore ? 2 : 1)
  }

  /// Turns published ports from one plan to the next in one transaction that touches nothing else: a packet that is being
  /// looked up meanwhile finds the old target or the new one. Where that is not possible the whole table is replaced.
  @discardableResult
  public func move(from old: FirewallPlan, to new: FirewallPlan) throws(NetworkError) -> NftStep {
    try check(new)
    guard old.bridges == new.bridges, old.shape == new.shape, old.handover == new.handover,
      let text = NftRuleset.text(movingFrom: old, to: new)
    else {
      return try apply(new)
    }
    do throws(NetworkError) {
      _ = try Self.run("move", text)
      return NftStep(isWhole: false, transactions: 1)
    } catch {
      return try apply(new)
    }
  }

  /// Deletes the table; gone is fine.
  public func remove() throws(NetworkError) {
    _ = try Self.run("remove", NftRuleset.removal(of: name))
    _ = try removeIPv6()
  }

  /// Not by adding it first: a kernel without IPv6 has no such tables. Answers whether there was one.
  private func removeIPv6() throws(NetworkError) -> Bool {
    if try Self.list(NftIPv6.family, name) == nil { return false }
    _ = try Self.run("remove", "delete table \(NftIPv6.family) \(name)\n")
    return true
  }

  /// The table as it is; nil if it is absent.
  public func observe() throws(NetworkError) -> NftObservation? {
    let tables = try Self.listings(of: name)
    return tables.isEmpty ? nil : NftObservation(listing: tables.joined())
  }

  /// What differs between the plan and an observation, in words; empty if nothing does.
  public func drift(
    expected plan: FirewallPlan, _ observation: NftObservation?
  ) throws(NetworkError) -> [String] {
    try check(plan)
    guard let observation else { return ["table ip \(name) missing"] }
    let text = NftObservation(listing: plan.ruleset)
    if text == observation { return [] }
    // Another version of the library may list our rules in other words than ours. So a difference only counts
    // against a listing by the same library: of a scratch table, dormant (its chains see no packet) and owned by our
    // socket (it goes when we go, however we go).
    let number = Self.comparisons.add(1, ordering: .relaxed).newValue
    let scratch = "\(name)-check-\(getpid())-\(number)"
    _ = try Self.run("compare", NftRuleset.tables(for: plan, named: scratch, flags: ["dormant", "owner"]))
    var expected = NftObservation(
      listing: try Self.listings(of: scratch).joined())
    _ = try Self.run(
      "compare",
      (NftRuleset.families + (plan.hasIPv6 ? [NftIPv6.family] : [])).map { "delete table \($0) \(scratch)\n" }.joined())
    expected.flags = []
    return expected.differences(from: observation)
  }

  /// Whether the table is listed in the very words of the plan. false tells nothing: see `drift`.
  public func isListed(as plan: FirewallPlan) throws(NetworkError) -> Bool {
    try check(plan)
    return try observe() == NftObservation(listing: plan.ruleset)
  }

  /// Chains of others that drop what they do not accept of the packets that this host forwards, and do not speak of links
  /// with this prefix: `chain FORWARD of table ip filter`.
  public func foreignDrops(sparing prefix: String) throws(NetworkError) -> [String] {
    var found: [String] = []
    for (table, chain) in NftText.forwardDrops(in: try Self.run("list", "list chains\n")) where table.last != name {
      let listing = try Self.run("list", "list chain \(table.joined(separator: " ")) \(chain)\n")
      if listing.range(ofText: "\"\(prefix)") == nil {
        found.append("chain \(chain) of table \(table.joined(separator: " "))")
      }
    }
    return found
  }

  private func check(_ plan: FirewallPlan) throws(NetworkError) {
    guard plan.table == name else { throw .invalid("the plan is for table \(plan.table), not \(name)") }
    try plan.validate()
  }

  private static func listings(of table: String) throws(NetworkError) -> [String] {
    var all: [String] = []
    for family in NftRuleset.families + [NftIPv6.family] { if let text = try list(family, table) { all.append(text) } }
    return all
  }

  private static func list(_ family: String, _ table: String) throws(NetworkError) -> String? {
    do { return try run("list", "list table \(family) \(table)\n") } catch {
      // A kernel without a family has none of its tables.
      let words = ["No such file or directory", "not supported"]
      if case .firewall(_, let text) = error, words.contains(where: { text.range(ofText: $0) != nil }) { return nil }
      throw error
    }
  }

  private static func start() throws(NetworkError) -> OpaquePointer {
    // Under the context's lock, so by one thread at a time.
    if let reason = cnft_load() {
      throw .firewall(operation: "start", "\(String(cString: reason)); install the package libnftables1")
    }
    guard let pointer = cnft_ctx_new(), cnft_ctx_buffer(pointer) == 0 else {
      throw .firewall(operation: "start", "out of memory")
    }
    // No counters, and numbers instead of priorities' names and of names that need /etc/protocols.
    let flags = [NFT_CTX_OUTPUT_STATELESS, NFT_CTX_OUTPUT_NUMERIC_PROTO, NFT_CTX_OUTPUT_NUMERIC_PRIO]
    cnft_ctx_output_set_flags(pointer, flags.reduce(0) { $0 | UInt32($1) })
    return pointer
  }

  /// Runs commands as one transaction and returns the output.
  static func run(_ operation: String, _ commands: String) throws(NetworkError) -> String {
    try context.withLock { (slot) throws(NetworkError) in
      let pointer: OpaquePointer
      if let started = slot { pointer = started } else { pointer = try start() }
      slot = pointer
      let result = commands.withCString { cnft_run_cmd_from_buffer(pointer, $0) }
      let output = cnft_ctx_get_output_buffer(pointer).map { String(cString: $0) } ?? ""
      let errors = cnft_ctx_get_error_buffer(pointer).map { String(cString: $0) } ?? ""
      if result != 0 { throw .firewall(operation: operation, errors.isEmpty ? "failed without a word" : errors) }
      return output
    }
  }
}
