// A seccomp profile in Docker's form, made into the runtime-spec's for one container: rules that count only with certain
// capabilities, architectures or kernels are kept or left out. Pure but for the kernel's version.
internal import ContainrOCI
internal import ContainrSeccomp
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// A profile that a stack names.
struct DockerProfile {
  let specification: OCISeccomp
  /// Names the compiled filter; two profiles may have the same.
  let cacheKey: String
  /// All that the filter is made of: strings in it are quoted.
  var input: String { String(describing: specification) }

  /// Go's name of this machine's architecture.
  private static var architecture: String {
    #if arch(x86_64)
      "amd64"
    #else
      "arm64"
    #endif
  }

  /// What programs of this machine may be built for.
  private static var companions: Set<String> {
    #if arch(x86_64)
      ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    #else
      ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    #endif
  }

  /// The compiled filter. A name that nobody knows allows nothing in a rule that allows; one that denies would deny
  /// nothing, and is an error.
  func program() throws(SeccompError) -> [UInt8] {
    let filter = try SpecFilter(specification)
    if filter.flags != 0 {
      throw SeccompError(
        subject: specification.flags.joined(separator: ", "), reason: "flags have no meaning in a stack")
    }
    for rule in specification.syscalls where rule.action != "SCMP_ACT_ALLOW" && rule.action != "SCMP_ACT_LOG" {
      for name in rule.names where filter.unknown.contains(name) {
        throw SeccompError(subject: name, reason: "no such system call, and a rule against it would deny nothing")
      }
    }
    return filter.program
  }

  /// The running kernel's first two numbers.
  static func kernel() throws(EngineError) -> (Int, Int) {
    do throws(SyscallError) {
      let parts = try Kernel.text(of: "/proc/sys/kernel/osrelease").split(whereSeparator: { $0 == "." || $0 == "-" })
      return (parts.first.flatMap { Int($0) } ?? 0, parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    } catch {
      throw EngineError(error, "read the kernel's version")
    }
  }

  /// For a container with these capabilities in its bounding set.
  init(_ file: SeccompFilePlan, capabilities: [String], kernel: (Int, Int)) {
    var result = OCISeccomp(defaultAction: file.defaultAction)
    result.defaultErrnoRet = file.defaultErrno.map { UInt32(clamping: $0) }
    // Docker's own profile lists those of every machine.
    result.architectures = file.architectures.filter(Self.companions.contains)
    result.flags = file.flags
    for rule in file.rules {
      guard Self.holds(rule.includes, capabilities, kernel, ifEmpty: true),
        !Self.holds(rule.excludes, capabilities, kernel, ifEmpty: false)
      else { continue }
      var call = OCISyscallRule(names: rule.names, action: rule.action)
      call.errnoRet = rule.errno.map { UInt32(clamping: $0) }
      call.args = rule.arguments.map {
        OCISyscallArgument(
          index: UInt32(clamping: $0.index), value: $0.value, valueTwo: $0.valueTwo, op: $0.comparison)
      }
      result.syscalls.append(call)
    }
    specification = result
    cacheKey = "file-\(file.digest)-\(kernel.0).\(kernel.1)-\(Self.mask(capabilities))"
  }

  /// Of `includes` all conditions must hold; of `excludes` one is enough.
  private static func holds(
    _ condition: SeccompFilePlan.Condition, _ capabilities: [String], _ kernel: (Int, Int), ifEmpty: Bool
  ) -> Bool {
    var answers: [Bool] = []
    if !condition.architectures.isEmpty { answers.append(condition.architectures.contains(architecture)) }
    if !condition.capabilities.isEmpty {
      let held = condition.capabilities.map { capabilities.contains($0) }
      answers.append(ifEmpty ? held.allSatisfy { $0 } : held.contains(true))
    }
    if let text = condition.minimumKernel {
      let wanted = text.split(separator: ".").compactMap { Int($0) }
      answers.append(kernel >= (wanted.first ?? 0, wanted.count > 1 ? wanted[1] : 0))
    }
    return ifEmpty ? answers.allSatisfy { $0 } : answers.contains(true)
  }

  /// The capabilities as a number.
  private static func mask(_ capabilities: [String]) -> String {
    capabilities.sorted().joined().utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }.description
  }
}
