// What a command that enters a container later must know of its start. Written by the host into the run directory.
public import ContainrRootfs

/// `join`: in the wire form.
public struct JoinRecord: Sendable, Hashable, WireValue {
  /// The name in the run directory.
  public static let fileName = "join"
  /// How the root was changed.
  public var rootSwitch: RootSwitch
  /// The container's filter: a command gets the same.
  public var seccomp: [UInt8]
  /// Its AppArmor profile: a command gets the same.
  public var apparmorProfile: String?
  /// Its SELinux context: a command gets the same.
  public var selinuxLabel: String?

  /// The record of these values.
  public init(rootSwitch: RootSwitch, seccomp: [UInt8], apparmorProfile: String? = nil, selinuxLabel: String? = nil) {
    self.rootSwitch = rootSwitch
    self.seccomp = seccomp
    self.apparmorProfile = apparmorProfile
    self.selinuxLabel = selinuxLabel
  }

  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(InitMessage.version)
    writer.put(rootSwitch.rawValue)
    writer.put(seccomp)
    writer.put(apparmorProfile)
    writer.put(selinuxLabel)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let version: UInt16 = try reader.number()
    if version != InitMessage.version { throw WireError(description: "written by another version of Containr") }
    self.init(
      rootSwitch: try RootSwitch(wire: &reader), seccomp: try reader.data(),
      apparmorProfile: try reader.optionalString(), selinuxLabel: try reader.optionalString())
  }
}
