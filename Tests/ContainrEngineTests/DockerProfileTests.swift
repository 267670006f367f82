// A seccomp profile in Docker's form, for one container on this machine.
import ContainrOCI
import ContainrSpec
import Testing

@testable import ContainrHost

@Suite("Seccomp profiles of files")
struct DockerProfileTests {
  private var file: SeccompFilePlan {
    var file = SeccompFilePlan(defaultAction: "SCMP_ACT_ERRNO")
    file.defaultErrno = 1
    file.architectures = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_S390", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]
    var always = SeccompFilePlan.Rule(names: ["read", "no_such_call"], action: "SCMP_ACT_ALLOW")
    always.arguments = []
    var admin = SeccompFilePlan.Rule(names: ["mount"], action: "SCMP_ACT_ALLOW")
    admin.includes.capabilities = ["CAP_SYS_ADMIN"]
    var plain = SeccompFilePlan.Rule(names: ["clone"], action: "SCMP_ACT_ALLOW")
    plain.excludes.capabilities = ["CAP_SYS_ADMIN"]
    plain.arguments = [.init(index: 0, value: 0x7E02_0000, valueTwo: 0, comparison: "SCMP_CMP_MASKED_EQ")]
    var new = SeccompFilePlan.Rule(names: ["ptrace"], action: "SCMP_ACT_ALLOW")
    new.includes.minimumKernel = "4.8"
    var other = SeccompFilePlan.Rule(names: ["s390_runtime_instr"], action: "SCMP_ACT_ALLOW")
    other.includes.architectures = ["s390"]
    file.rules = [always, admin, plain, new, other]
    return file
  }

  private func names(_ profile: DockerProfile) -> [[String]] { profile.specification.syscalls.map(\.names) }

  @Test("rules count by capability, kernel and architecture; architectures of other machines are left out")
  func conditions() {
    let plain = DockerProfile(file, capabilities: ["CAP_CHOWN"], kernel: (6, 1))
    #expect(names(plain) == [["read", "no_such_call"], ["clone"], ["ptrace"]])
    let admin = DockerProfile(file, capabilities: ["CAP_SYS_ADMIN"], kernel: (4, 7))
    #expect(names(admin) == [["read", "no_such_call"], ["mount"]])
    #expect(!plain.specification.architectures.contains("SCMP_ARCH_MIPS"))
    #expect(plain.cacheKey != admin.cacheKey)
    #expect(plain.cacheKey == DockerProfile(file, capabilities: ["CAP_CHOWN"], kernel: (6, 1)).cacheKey)
  }

  @Test("it compiles; a name that nobody knows is nothing in a rule that allows, and an error in one that denies")
  func unknown() throws {
    #expect(try DockerProfile(file, capabilities: [], kernel: (6, 1)).program().count > 64)
    var denying = SeccompFilePlan(defaultAction: "SCMP_ACT_ALLOW")
    denying.rules = [SeccompFilePlan.Rule(names: ["no_such_call"], action: "SCMP_ACT_ERRNO")]
    let error = #expect(throws: (any Error).self) {
      try DockerProfile(denying, capabilities: [], kernel: (6, 1)).program()
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("no_such_call: no such system call"))
  }
}
