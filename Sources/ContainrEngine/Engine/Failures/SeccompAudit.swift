// Which system call a seccomp filter killed a process for: the kernel says so in its log, if it audits and nobody else
// takes the records. Reads only.
internal import ContainrSeccomp
internal import ContainrSystem
internal import SystemPackage

enum SeccompAudit {
  /// The name or the number of the call; nil: the log does not say (no auditing, an audit daemon, overwritten).
  static func call(pid: Int32) -> String? {
    do throws(SyscallError) {
      let log = try Kernel.open("/dev/kmsg", [.readOnly, .nonBlocking])
      var found: String?
      // One record a read; EPIPE says that some were overwritten meanwhile.
      while true {
        do throws(SyscallError) {
          guard let record = try Kernel.readReady(log.raw), !record.isEmpty else { return found }
          if let call = call(pid: pid, in: String(decoding: record, as: UTF8.self)) { found = call }
        } catch { if error.errno != 32 { throw error } }
      }
    } catch { return nil }
  }

  /// Of one record: `audit: type=1326 audit(…): … pid=7 comm="x" … sig=31 arch=c000003e syscall=57 …`.
  static func call(pid: Int32, in record: String) -> String? {
    guard record.contains("type=1326") else { return nil }
    var values: [Substring: Substring] = [:]
    for word in record.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
    guard values["pid"].flatMap({ Int32($0) }) == pid, let number = values["syscall"].flatMap({ UInt32($0) }) else {
      return nil
    }
    let architecture = values["arch"].flatMap { UInt32($0, radix: 16) }
    return SeccompProfile.callName(number, auditArchitecture: architecture) ?? "number \(number)"
  }
}
