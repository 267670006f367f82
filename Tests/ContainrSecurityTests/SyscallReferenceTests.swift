// docs/system-calls.md is made from the profiles.
import ContainrOCI
import ContainrSecurity
import Foundation
import Testing

@testable import ContainrSeccomp

#if arch(x86_64)
  @Suite struct SyscallReferenceTests {
    @Test("docs/system-calls.md says what the profiles do, call by call (CONTAINR_WRITE_SCHEMA=1 writes it)")
    func document() throws {
      let text = SyscallReference.markdown(
        defaults: try CapabilityDefaults.capabilities(add: [], drop: []),
        strict: try CapabilityDefaults.capabilities(add: [], drop: [], base: .strict(noNewPrivileges: true)))
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../docs/system-calls.md").standardized
      if ProcessInfo.processInfo.environment["CONTAINR_WRITE_SCHEMA"] != nil {
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      #expect(try String(contentsOf: file, encoding: .utf8) == text)
      #expect(text.contains("| `ptrace` | yes | no; CAP_SYS_PTRACE from `cap_add`: "))
      #expect(text.contains("| `mount` | no; CAP_SYS_ADMIN | no; CAP_SYS_ADMIN |"))
    }
  }
#endif
