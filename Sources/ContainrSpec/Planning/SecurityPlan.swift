// What a service may do beyond or less than every other one: `privileged`, `security_opt`, `x-containr.security`.

/// The protections of one service, as far as the file speaks of them.
public struct SecurityPlan: Sendable, Hashable, Codable {
  /// The profile that everything else starts from; the raw value is the file's word.
  public enum Profile: String, Sendable, Codable, CaseIterable { case compatible = "default", strict }
  /// nil: as the stack says, else the default.
  public var profile: Profile?
  /// All capabilities and devices, nothing masked, no filter.
  public var privileged: Bool?
  /// No program gains rights by being executed.
  public var noNewPrivileges: Bool?
  /// Which system calls; nil: as the profile says.
  public var seccomp: SeccompPlan?
  /// /proc and /sys are shown and writable as they are (`systempaths=unconfined`).
  public var showsSystemPaths: Bool?
  /// Its own part of the cgroup tree can be written (`writable-cgroups`).
  public var writableCgroups: Bool?
  /// The name of an AppArmor profile, or `unconfined`.
  public var appArmor: String?
  /// SELinux: `disable`, or `user:`, `role:`, `type:`, `level:` with a value, in the order of the file.
  @EmptyIfAbsent public var labels: [String]

  /// Nothing is said.
  public init() {}
}

/// Which system calls a container may make.
public enum SeccompPlan: Sendable, Hashable, Codable {
  /// All of them.
  case unconfined
  /// What a file in Docker's form says.
  case file(path: String, profile: SeccompFilePlan)
}

/// A seccomp profile in Docker's form: https://docs.docker.com/engine/security/seccomp/
public struct SeccompFilePlan: Sendable, Hashable, Codable {
  /// `SCMP_ACT_…` for what no rule matches.
  public var defaultAction: String
  /// With SCMP_ACT_ERRNO and SCMP_ACT_TRACE; nil is EPERM.
  public var defaultErrno: Int?
  /// `SCMP_ARCH_…` beside the machine's own.
  public var architectures: [String] = []
  /// `SECCOMP_FILTER_FLAG_…`.
  public var flags: [String] = []
  /// In the order of the file.
  public var rules: [Rule] = []

  /// One entry of `syscalls`.
  public struct Rule: Sendable, Hashable, Codable {
    /// Names of system calls.
    public var names: [String]
    /// `SCMP_ACT_…`.
    public var action: String
    /// nil is EPERM.
    public var errno: Int?
    /// All of them must hold.
    public var arguments: [Argument] = []
    /// When the rule counts.
    public var includes = Condition()
    /// When it does not.
    public var excludes = Condition()

    /// A rule for all containers.
    public init(names: [String], action: String) {
      self.names = names
      self.action = action
    }
  }

  /// One entry of `args`.
  public struct Argument: Sendable, Hashable, Codable {
    /// 0 to 5.
    public var index: Int
    /// What it is compared with.
    public var value: UInt64
    /// The second operand of SCMP_CMP_MASKED_EQ.
    public var valueTwo: UInt64
    /// `SCMP_CMP_…`.
    public var comparison: String

    /// A comparison of its parts.
    public init(index: Int, value: UInt64, valueTwo: UInt64, comparison: String) {
      self.index = index
      self.value = value
      self.valueTwo = valueTwo
      self.comparison = comparison
    }
  }

  /// `includes` or `excludes`.
  public struct Condition: Sendable, Hashable, Codable {
    /// Capabilities with `CAP_`.
    public var capabilities: [String] = []
    /// Go's names of architectures: `amd64`.
    public var architectures: [String] = []
    /// `4.8`: the kernel is at least this.
    public var minimumKernel: String?

    /// No condition.
    public init() {}
  }

  /// A profile with this answer for everything.
  public init(defaultAction: String) { self.defaultAction = defaultAction }
}
