// Installing a filter that the host has compiled. The bytes come from ContainrSeccomp; this room has no libseccomp.
internal import CContainrLinux
public import ContainrSystem

/// The step that puts a system-call filter on this thread.
public enum SeccompFilter {
  /// seccomp(SECCOMP_SET_MODE_FILTER) with struct sock_filter bytes and SECCOMP_FILTER_FLAG_… bits. With no_new_privs: the last step before the
  /// descriptors are closed. Without it CAP_SYS_ADMIN is needed: before `Credentials.become` and `setCapabilities`,
  /// whose calls every profile allows.
  public static func install(_ program: [UInt8], flags: UInt32 = 0) throws(SyscallError) {
    _ = try load(program, flags)
  }

  /// The same with SECCOMP_FILTER_FLAG_NEW_LISTENER; answers the listener.
  public static func installWithListener(_ program: [UInt8], flags: UInt32) throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try load(program, flags | 8))
  }

  private static func load(_ program: [UInt8], _ flags: UInt32) throws(SyscallError) -> CInt {
    guard !program.isEmpty, program.count % 8 == 0, program.count / 8 <= 4096 else {
      throw SyscallError(errno: 22, operation: "seccomp", detail: "\(program.count) bytes are no filter")
    }
    return try check(
      program.withUnsafeBytes { cl_seccomp_filter($0.baseAddress!, $0.count, flags) }, "seccomp",
      detail: "\(program.count / 8) instructions")
  }
}
