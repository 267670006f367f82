// A filter as config.json asks for it, compiled by libseccomp: every action, architecture, comparison and flag.
internal import CSeccomp
public import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// A compiled `linux.seccomp`.
public struct SpecFilter: Sendable, Hashable {
  /// struct sock_filter in native byte order; empty where everything is allowed.
  public var program: [UInt8]
  /// SECCOMP_FILTER_FLAG_… bits for seccomp(2), without that of a listener.
  public var flags: UInt32
  /// Whether a rule notifies a listener.
  public var notifies: Bool
  /// Names that this libseccomp has never heard of; their rules are left out.
  public var unknown: [String]

  /// The filter of a specification; `noNewPrivileges` is the process's.
  public init(_ spec: OCISeccomp) throws(SeccompError) {
    flags = 0
    notifies = spec.syscalls.contains { $0.action == "SCMP_ACT_NOTIFY" }
    unknown = []
    for flag in spec.flags { flags |= try Self.flag(flag) }
    program = []
    let fallback = try Self.action(spec.defaultAction, spec.defaultErrnoRet)
    guard let filter = seccomp_init(fallback) else {
      throw SeccompError(subject: spec.defaultAction, reason: "libseccomp refuses it as the default")
    }
    defer { seccomp_release(filter) }
    // The caller says when no_new_privs is set.
    try Self.checked(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), "no_new_privs")
    for name in spec.architectures {
      let result = seccomp_arch_add(filter, try Self.architecture(name))
      if result != -17 { try Self.checked(result, name) }  // EEXIST: the native one is there already
    }
    for rule in spec.syscalls {
      let action = try Self.action(rule.action, rule.errnoRet)
      // libseccomp refuses a rule that says what the default says.
      if action == fallback { continue }
      for name in rule.names { try add(name, action, rule.args, to: filter) }
    }
    program = try Self.export(filter)
  }

  private mutating func add(
    _ name: String, _ action: UInt32, _ arguments: [OCISyscallArgument], to filter: scmp_filter_ctx
  ) throws(SeccompError) {
    let number = seccomp_syscall_resolve_name(name)
    if number == -1 {  // __NR_SCMP_ERROR
      unknown.append(name)
      return
    }
    var comparisons: [scmp_arg_cmp] = []
    for argument in arguments {
      comparisons.append(
        scmp_arg_cmp(
          arg: argument.index, op: try Self.comparison(argument.op), datum_a: argument.value,
          datum_b: argument.valueTwo))
    }
    // One comparison an argument is all that a rule may have: of several each is a rule of its own (as in runc).
    let isRepeated = Set(arguments.map(\.index)).count < arguments.count
    for group in isRepeated ? comparisons.map({ [$0] }) : [comparisons] {
      let result = group.withUnsafeBufferPointer {
        seccomp_rule_add_array(filter, action, number, UInt32($0.count), $0.baseAddress)
      }
      if result != -17 { try Self.checked(result, name) }  // EEXIST: said before
    }
  }

  /// The program's bytes, through a memory file: older libseccomps write only to descriptors.
  private static func export(_ filter: scmp_filter_ctx) throws(SeccompError) -> [UInt8] {
    do throws(SyscallError) {
      let memory = try Kernel.emptyMemory(named: "containr-seccomp")
      let result = seccomp_export_bpf(filter, memory.raw)
      if result < 0 { throw SyscallError(errno: -result, operation: "seccomp_export_bpf") }
      return try Kernel.memory(memory.raw)
    } catch {
      throw SeccompError(subject: "filter", reason: error.description)
    }
  }

  private static func checked(_ result: CInt, _ subject: String) throws(SeccompError) {
    if result < 0 {
      throw SeccompError(subject: subject, reason: "libseccomp refuses it: \(Errno(rawValue: -result))")
    }
  }

  private static func action(_ name: String, _ value: UInt32?) throws(SeccompError) -> UInt32 {
    switch name {
    case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": return 0
    case "SCMP_ACT_KILL_PROCESS": return 0x8000_0000
    case "SCMP_ACT_TRAP": return 0x0003_0000
    // EPERM unless something else is asked for.
    case "SCMP_ACT_ERRNO": return 0x0005_0000 | ((value ?? 1) & 0xFFFF)
    case "SCMP_ACT_TRACE": return 0x7FF0_0000 | ((value ?? 1) & 0xFFFF)
    case "SCMP_ACT_LOG": return 0x7FFC_0000
    case "SCMP_ACT_ALLOW": return 0x7FFF_0000
    case "SCMP_ACT_NOTIFY": return 0x7FC0_0000
    default: throw SeccompError(subject: name, reason: "no such action")
    }
  }

  private static func flag(_ name: String) throws(SeccompError) -> UInt32 {
    switch name {
    case "SECCOMP_FILTER_FLAG_TSYNC": return 0  // the process has one thread
    case "SECCOMP_FILTER_FLAG_LOG": return 2
    case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": return 4
    case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": return 32
    default: throw SeccompError(subject: name, reason: "no such flag")
    }
  }

  private static func comparison(_ name: String) throws(SeccompError) -> scmp_compare {
    switch name {
    case "SCMP_CMP_NE": return SCMP_CMP_NE
    case "SCMP_CMP_LT": return SCMP_CMP_LT
    case "SCMP_CMP_LE": return SCMP_CMP_LE
    case "SCMP_CMP_EQ": return SCMP_CMP_EQ
    case "SCMP_CMP_GE": return SCMP_CMP_GE
    case "SCMP_CMP_GT": return SCMP_CMP_GT
    case "SCMP_CMP_MASKED_EQ": return SCMP_CMP_MASKED_EQ
    default: throw SeccompError(subject: name, reason: "no such comparison")
    }
  }

  private static func architecture(_ name: String) throws(SeccompError) -> UInt32 {
    let known = "SCMP_ARCH_"
    guard name.hasPrefix(known) else { throw SeccompError(subject: name, reason: "no such architecture") }
    let token = String(name.dropFirst(known.utf8.count)).lowercased()
    let number = token == "native" ? seccomp_arch_native() : seccomp_arch_resolve_name(token)
    if number == 0 { throw SeccompError(subject: name, reason: "no such architecture") }
    return number
  }
}
