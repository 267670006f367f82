// A set of capabilities as the kernel's 64-bit mask. Pure but for reading this process's own sets.
internal import CContainrLinux
public import ContainrSystem

/// Capabilities by bit.
public struct CapabilitySet: OptionSet, Sendable, Hashable {
  /// Bit n is the capability of raw value n.
  public let rawValue: UInt64

  /// A mask as in /proc/PID/status.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The capabilities named.
  public init(_ capabilities: [Capability]) { rawValue = capabilities.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }

  /// By name, with or without `CAP_`; an unknown name is an error.
  public init(names: [String]) throws(SecurityError) {
    var mask: UInt64 = 0
    for name in names {
      guard let capability = Capability(name: name) else {
        throw SecurityError(field: "capabilities", value: name, reason: "no such capability")
      }
      mask |= 1 << UInt64(capability.rawValue)
    }
    rawValue = mask
  }

  /// Every capability known here.
  public static let all = CapabilitySet(Capability.allCases)

  /// Whether one capability is in the set.
  public func contains(_ capability: Capability) -> Bool { rawValue & 1 << UInt64(capability.rawValue) != 0 }

  /// The members, lowest bit first.
  public var capabilities: [Capability] { Capability.allCases.filter(contains) }

  /// `CAP_…`, lowest bit first.
  public var names: [String] { capabilities.map(\.name) }

  /// Whether one capability is in the bounding set of this thread.
  public static func isBounding(_ capability: Capability) throws(SyscallError) -> Bool {
    let answer = cl_prctl(23, UInt(capability.rawValue), 0, 0, 0)  // PR_CAPBSET_READ
    return answer == -22 ? false : try check(answer, "prctl(PR_CAPBSET_READ)") == 1
  }

  /// The bounding set of this thread: what a container can be given at most. A capability that the kernel does not
  /// know is not in it.
  public static func bounding() throws(SyscallError) -> CapabilitySet {
    var mask: UInt64 = 0
    for capability in Capability.allCases {
      let answer = cl_prctl(23, UInt(capability.rawValue), 0, 0, 0)  // PR_CAPBSET_READ
      if answer == -22 { break }  // EINVAL: an older kernel ends before
      if try check(answer, "prctl(PR_CAPBSET_READ)") == 1 { mask |= 1 << UInt64(capability.rawValue) }
    }
    return CapabilitySet(rawValue: mask)
  }
}
