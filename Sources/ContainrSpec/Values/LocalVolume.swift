// driver_opts of the local driver: what is mounted where a volume's own directory would be. Pure.

/// What the options of a volume mean, as the `local` driver of Docker reads them.
public struct LocalVolume: Sendable, Hashable {
  /// A file system's type, or `none` for a bind.
  public var type: String
  /// A directory of the host for a bind, else what the file system is made of: `:/export`, `/dev/sdb1`, `tmpfs`.
  public var device: String
  /// The words of `o`, in their order.
  public var words: [String]

  private static let known = ["type", "o", "device"]
  private static let bindFlags: Set<String> = [
    "bind", "rbind", "ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "atime", "relatime",
    "nodiratime", "diratime", "private", "rprivate",
  ]

  /// A directory of the host is used as it is, and nothing is mounted on the host.
  public var isBind: Bool { words.contains { $0 == "bind" || $0 == "rbind" } }

  /// Its data lies in memory and goes with the mount.
  public var isMemory: Bool { type == "tmpfs" || type == "ramfs" }

  /// nil: a plain directory of ours.
  public init?(_ options: [EnvironmentPlan]) throws(LocalVolumeProblem) {
    if options.isEmpty { return nil }
    func value(_ name: String) -> String? { options.first { $0.name == name }?.value }
    for option in options where !Self.known.contains(option.name) {
      throw LocalVolumeProblem(
        option.name, "the local driver has no option \(DisplayText.quote(option.name))",
        help: NearestName.suggestion(for: option.name, among: Self.known).map { "did you mean '\($0)'?" }
          ?? "it has type, o and device")
    }
    words = (value("o") ?? "").pieces(",").map(\.trimmed).filter { !$0.isEmpty }
    type = value("type").flatMap { $0.isEmpty ? nil : $0 } ?? (Self.isBind(words) ? "none" : "")
    device = value("device") ?? ""
    guard !type.isEmpty else {
      throw LocalVolumeProblem(
        options[0].name, "driver_opts say no type", help: "add 'type', such as none (with o: bind), tmpfs or nfs")
    }
    guard !device.isEmpty else {
      throw LocalVolumeProblem(
        "type", "driver_opts say no device",
        help: type == "tmpfs" ? "add 'device: tmpfs'" : "add 'device': what is to be mounted")
    }
    try isBind ? checkBind() : checkFileSystem()
  }

  private static func isBind(_ words: [String]) -> Bool { words.contains { $0 == "bind" || $0 == "rbind" } }

  private func checkBind() throws(LocalVolumeProblem) {
    guard type == "none" || type == "bind" else {
      throw LocalVolumeProblem("type", "the type of a bind is none, not \(type)", help: "write 'type: none'")
    }
    guard PathText.isAbsolute(device) else {
      throw LocalVolumeProblem(
        "device", "\(DisplayText.quote(device)) is not an absolute path", help: "write the whole path of the directory")
    }
    for word in words where !Self.bindFlags.contains(word) {
      throw LocalVolumeProblem("o", "the option \(DisplayText.quote(word)) means nothing to a bind")
    }
  }

  private func checkFileSystem() throws(LocalVolumeProblem) {
    guard type != "none", type != "bind" else {
      throw LocalVolumeProblem("type", "type: \(type) needs 'o: bind'", help: "write 'o: bind'")
    }
    guard type.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
      throw LocalVolumeProblem("type", "\(DisplayText.quote(type)) is not a file system's type")
    }
    let forbidden = ["remount", "move", "shared", "rshared", "slave", "rslave"]
    for word in words where forbidden.contains(word) {
      throw LocalVolumeProblem("o", "the option '\(word)' is none for a volume")
    }
    if type.hasPrefix("nfs"), !device.contains(":") {
      throw LocalVolumeProblem(
        "device", "\(DisplayText.quote(device)) names no export", help: "write ':/export', and 'addr=SERVER' in 'o'")
    }
  }
}

/// Why options of a volume mean nothing.
public struct LocalVolumeProblem: Error, Sendable, Hashable, CustomStringConvertible {
  /// Which option it is about.
  public var option: String
  /// One sentence.
  public var message: String
  /// The way out.
  public var help: String?

  init(_ option: String, _ message: String, help: String? = nil) {
    self.option = option
    self.message = message
    self.help = help
  }

  /// With the way out.
  public var description: String { message + (help.map { "; \($0)" } ?? "") }
}
