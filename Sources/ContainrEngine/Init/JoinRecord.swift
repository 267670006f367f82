// What a command that enters a container later must know of its start. Written by the host into the run directory.
public import ContainrRootfs

/// `join`: in the wire form.
public struct JoinRecord: Sendable, Hashable, WireValue {
  public static let fileName = "join"
  public var rootSwitch: RootSwitch
  /// The container's filter: a command gets the same.
  public var seccomp: [UInt8]

  public init(rootSwitch: RootSwitch, seccomp: [UInt8]) {
    self.rootSwitch = rootSwitch
    self.seccomp = seccomp
  }

  public func encode(to writer: inout WireWriter) {
    writer.put(InitMessage.version)
    writer.put(rootSwitch.rawValue)
    writer.put(seccomp)
  }

  public init(from reader: inout WireReader) throws(WireError) {
    let version: UInt16 = try reader.number()
    if version != InitMessage.version { throw WireError(description: "written by another version of Containr") }
    self.init(rootSwitch: try RootSwitch(wire: &reader), seccomp: try reader.data())
  }
}
