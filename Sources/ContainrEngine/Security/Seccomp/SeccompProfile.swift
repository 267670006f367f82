// The default system-call filter. Built in or compiled on the host, kept by capabilities, handed to the shim as bytes.
public import ContainrOCI
internal import CSeccomp
internal import Synchronization

/// Containr's profile: Docker's in effect, less AF_ALG, AF_VSOCK, typing into terminals, keyrings and i386's
/// socketcall as a way around. Unknown calls are answered with ENOSYS, known ones that are denied with EPERM.
public enum SeccompProfile {
  /// Raised when the rules change: a part of `cacheKey`.
  private static let version = 1
  private static let compiled = Mutex<[String: [UInt8]]>([:])

  /// The filter for a container with these (bounding) capabilities: struct sock_filter in native byte order. Kept in
  /// this process; equal input gives equal bytes.
  public static func defaultProgram(capabilities: OCICapabilities) throws(SeccompError) -> [UInt8] {
    let key = cacheKey(capabilities: capabilities)
    if key == DefaultProgram.key, !DefaultProgram.instructions.isEmpty {
      return DefaultProgram.instructions.withUnsafeBytes { Array($0) }
    }
    if let bytes = compiled.withLock({ $0[key] }) { return bytes }
    let bytes = try compile(capabilities)
    compiled.withLock { $0[key] = bytes }
    return bytes
  }

  /// The key of the filter that is built into the program.
  public static var builtInKey: String { DefaultProgram.instructions.isEmpty ? "" : DefaultProgram.key }

  /// The filter from its rules.
  static func compile(_ capabilities: OCICapabilities) throws(SeccompError) -> [UInt8] {
    FilterAssembler.program(try sections(capabilities: capabilities.bounding)).flatMap(\.bytes)
  }

  /// Of libseccomp, which makes the programs: `2.5.4`.
  public static var libraryVersion: String {
    guard let version = seccomp_version() else { return "" }
    return "\(version.pointee.major).\(version.pointee.minor).\(version.pointee.micro)"
  }

  /// Names the program without compiling it: the profile's version and the capabilities that matter to it.
  public static func cacheKey(capabilities: OCICapabilities) -> String {
    let held = RestrictedSyscalls.byCapability.map { capabilities.bounding.contains($0.capability) ? "1" : "0" }
    return "default-\(version)-\(held.joined())"
  }

  /// The name of a system call; nil if libseccomp has none. `auditArchitecture` is AUDIT_ARCH_… of linux/audit.h, as audit
  /// records have it; nil: this machine's own.
  public static func callName(_ number: UInt32, auditArchitecture: UInt32?) -> String? {
    guard
      let architecture = FilterArchitecture.all.first(where: {
        auditArchitecture == nil || $0.token == auditArchitecture
      })
    else { return nil }
    return SyscallTable.name(of: number, on: architecture)
  }

  /// A digest of a program (FNV-1a, 64 bits, hexadecimal): to compare, not to trust.
  public static func digest(of program: [UInt8]) -> String {
    let hash = program.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }

  /// The verdicts by name.
  static func verdicts(capabilities: [String]) -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    for name in RestrictedSyscalls.never { verdicts[name] = .denied }
    for entry in RestrictedSyscalls.byCapability { for name in entry.names { verdicts[name] = .denied } }
    for name in AllowedSyscalls.names { verdicts[name] = .allow }
    for (name, check) in RestrictedSyscalls.byArgument { verdicts[name] = .allowIf(check) }
    verdicts["clone"] = .allowIf(ArgumentCheck(argument: 0, .without(RestrictedSyscalls.namespaceFlags)))
    verdicts["clone3"] = .unknown  // its flags are in memory; the C library falls back to clone
    for entry in RestrictedSyscalls.byCapability where capabilities.contains(entry.capability) {
      for name in entry.names { verdicts[name] = .allow }
    }
    return verdicts
  }

  static func sections(capabilities: [String]) throws(SeccompError) -> [FilterSection] {
    try sections(verdicts(capabilities: capabilities), on: FilterArchitecture.all)
  }

  static func sections(
    _ verdicts: [String: Verdict], on architectures: [FilterArchitecture]
  ) throws(SeccompError) -> [FilterSection] {
    var sections: [FilterSection] = []
    for architecture in architectures {
      var section = FilterSection(audit: architecture.token, verdicts: [:])
      for (name, verdict) in verdicts {
        switch SyscallTable.number(of: name, on: architecture) {
        case .number(let number): section.verdicts[number] = verdict
        case .absent: continue
        case .unknown: throw SeccompError(subject: name, reason: "no such system call")
        }
      }
      sections.append(section)
    }
    return sections
  }
}
