// `linux.seccomp` of the OCI runtime-spec. Pure values, in the specification's words.
// Source: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp

/// `linux.seccomp`.
public struct OCISeccomp: Sendable, Hashable, Codable {
  /// `SCMP_ACT_…` for what no rule names.
  public var defaultAction: String
  /// Of `SCMP_ACT_ERRNO` and `SCMP_ACT_TRACE`.
  public var defaultErrnoRet: UInt32?
  /// `SCMP_ARCH_…`; the native one is always among them.
  public var architectures: [String] = []
  /// `SECCOMP_FILTER_FLAG_…`.
  public var flags: [String] = []
  /// A unix socket that gets the notification descriptor.
  public var listenerPath: String?
  /// Sent along with it.
  public var listenerMetadata: String?
  /// The rules.
  public var syscalls: [OCISyscallRule] = []

  /// A profile without rules.
  public init(defaultAction: String) { self.defaultAction = defaultAction }
}

/// `linux.seccomp.syscalls[]`.
public struct OCISyscallRule: Sendable, Hashable, Codable {
  /// One name at least; unknown ones are passed over.
  public var names: [String]
  /// `SCMP_ACT_…`.
  public var action: String
  /// Of `SCMP_ACT_ERRNO` and `SCMP_ACT_TRACE`.
  public var errnoRet: UInt32?
  /// All of them must hold.
  public var args: [OCISyscallArgument] = []

  /// A rule.
  public init(names: [String], action: String) {
    self.names = names
    self.action = action
  }
}

/// `linux.seccomp.syscalls[].args[]`.
public struct OCISyscallArgument: Sendable, Hashable, Codable {
  /// 0 to 5.
  public var index: UInt32
  /// What is compared with; the mask of `SCMP_CMP_MASKED_EQ`.
  public var value: UInt64
  /// The value of `SCMP_CMP_MASKED_EQ`.
  public var valueTwo: UInt64
  /// `SCMP_CMP_…`.
  public var op: String

  /// With its values.
  public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: String) {
    self.index = index
    self.value = value
    self.valueTwo = valueTwo
    self.op = op
  }
}
