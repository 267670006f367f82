// The contexts that the host's policy has for containers: /etc/selinux/POLICY/contexts/lxc_contexts.
internal import ContainrSystem
public import SystemPackage

/// What a container has by default, without its categories.
public struct SELinuxContexts: Sendable, Hashable {
  /// Of processes.
  public var process: SELinuxLabel
  /// Of files that they may write.
  public var file: SELinuxLabel
  /// Of files that they may only read and execute: layers.
  public var readOnlyFile: SELinuxLabel

  /// Those of the reference policy's container module.
  public init() {
    process = SELinuxLabel(user: "system_u", role: "system_r", type: "container_t", level: "s0")
    file = SELinuxLabel(user: "system_u", role: "object_r", type: "container_file_t", level: "s0")
    readOnlyFile = SELinuxLabel(user: "system_u", role: "object_r", type: "container_ro_file_t", level: "s0")
  }

  /// What stands before the categories: `s0`.
  public var sensitivity: String {
    let level = process.level ?? ""
    return String(level.prefix { $0 != ":" && $0 != "-" })
  }

  /// From the text of lxc_contexts: `process = "…"`, `file = "…"`, `ro_file = "…"`; what it does not say is as above.
  public init(_ text: String) throws(SecurityError) {
    self.init()
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map { Self.trimmed($0) }
      guard parts.count == 2, ["process", "file", "ro_file"].contains(parts[0]) else { continue }
      guard let label = SELinuxLabel(String(parts[1].filter { $0 != "\"" })) else {
        throw SecurityError(field: "label", value: String(parts[1]), reason: "lxc_contexts has no context there")
      }
      switch parts[0] {
      case "process": process = label
      case "file": file = label
      default: readOnlyFile = label
      }
    }
  }

  /// Those of the host's policy; the reference policy's where it names none.
  public static func ofHost(root: FilePath = "/") throws(SecurityError) -> SELinuxContexts {
    guard let config = try text(root.pushing("etc/selinux/config")), let policy = policyName(config),
      let contexts = try text(root.pushing("etc/selinux").appending(policy).pushing("contexts/lxc_contexts"))
    else { return SELinuxContexts() }
    return try SELinuxContexts(contexts)
  }

  /// `SELINUXTYPE=targeted` → `targeted`.
  static func policyName(_ config: String) -> String? {
    for line in config.split(separator: "\n") {
      let line = trimmed(line)
      guard line.hasPrefix("SELINUXTYPE=") else { continue }
      let name = trimmed(line.dropFirst("SELINUXTYPE=".count))
      return name.isEmpty || name.contains("/") || name.hasPrefix(".") ? nil : String(name)
    }
    return nil
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }

  private static func text(_ path: FilePath) throws(SecurityError) -> String? {
    do throws(SyscallError) {
      return String(decoding: try Kernel.contents(of: path), as: UTF8.self)
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw SecurityError(field: "label", value: "\(path)", reason: error.description)
    }
  }
}
