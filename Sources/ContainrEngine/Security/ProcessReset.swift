// What a tool without a daemon inherits from its caller and a container must not see.
// Each function is one step. Descriptors, environment and working directory are the init's own steps.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// The steps that make a process begin afresh.
public enum ProcessReset {
  /// All signals to their default action, none blocked.
  public static func signals() throws(SyscallError) { try check(cl_reset_signals(), "sigprocmask") }

  /// umask(2); 0022 unless the specification says otherwise.
  public static func umask(_ mask: UInt32 = 0o022) { _ = cl_umask(mask) }

  /// Nice 0, the normal scheduler, no I/O priority, every processor that the cpuset allows. Without CAP_SYS_NICE a caller's
  /// higher nice value and its idle scheduler stay: no privilege comes with them.
  public static func scheduling() throws(SyscallError) {
    try check(cl_reset_priority(), "setpriority")
    let result = cl_ioprio_set_none()
    if result != -38 { try check(result, "ioprio_set") }  // ENOSYS: a kernel without block devices has none to reset
    try check(cl_sched_setaffinity_all(), "sched_setaffinity")
  }

  /// PR_SET_DUMPABLE: off from before the first namespace is entered until execve, so that nobody inside can ptrace us
  /// or open our /proc files (CVE-2016-9962).
  public static func setDumpable(_ dumpable: Bool) throws(SyscallError) {
    try check(cl_prctl(4, dumpable ? 1 : 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")
  }

  /// No signal when the parent dies.
  public static func parentDeathSignal() throws(SyscallError) {
    try check(cl_prctl(1, 0, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
  }

  /// Secure bits as at boot: they change what capset and setresuid do. Needs CAP_SETPCAP only if some are set.
  public static func secureBits() throws(SyscallError) {
    if try check(cl_prctl(27, 0, 0, 0, 0), "prctl(PR_GET_SECUREBITS)") == 0 { return }
    try check(cl_prctl(28, 0, 0, 0, 0), "prctl(PR_SET_SECUREBITS)")
  }

  /// A session keyring of our own without a name: the caller's is shared by uid with the host. Before the filter, which
  /// denies keyctl.
  public static func sessionKeyring() throws(SyscallError) {
    let result = cl_keyctl_join_session(nil)
    if result == -38 { return }  // ENOSYS: a kernel without keys has none to share
    try check(result, "keyctl(JOIN_SESSION_KEYRING)")
  }

  /// oom_score_adj through a private handle on procfs, in which this process is `self`. nil keeps the caller's value
  /// but lifts a negative one to 0.
  public static func oomScoreAdjust(_ value: Int?, procfs: CInt) throws(SyscallError) {
    let scope: ResolveFlags = [.beneath, .noCrossDevice, .noMagicLinks]
    // Not to write at first: in a user namespace the file is not this process's, and its parent has written it.
    let file = try Kernel.open("self/oom_score_adj", at: procfs, .readOnly, resolve: scope)
    let text = try Kernel.readAll(file.raw, limit: 64).filter { $0 != 10 }
    let current = Int(String(decoding: text, as: UTF8.self)) ?? 0
    let wanted = value ?? max(0, current)
    if wanted == current { return }
    try Kernel.open("self/oom_score_adj", at: procfs, .writeOnly, resolve: scope)
      .writeAll(Array(String(wanted).utf8))
  }
}
