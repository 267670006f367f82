// Asks whether a port of the host is free, and who has it. Looks at this process's network namespace.
public import ContainrAddresses
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// Who has a port.
public struct PortHolder: Sendable, Hashable, CustomStringConvertible {
  /// The process.
  public var pid: Int32
  /// The command's name (/proc/PID/comm).
  public var command: String

  /// For messages.
  public var description: String { "\(command) (pid \(pid))" }
}

/// Probes ports.
public enum PortProbe {
  private static let addressInUse = -98

  /// Whether the port can be bound; nil is every address. EADDRNOTAVAIL (not our address) is thrown.
  public static func isFree(
    address: IPv4Address?, port: UInt16, transport: Transport
  ) throws(SyscallError) -> Bool {
    let type: CInt = transport == .udp ? 2 : 1
    let opened = cl_socket(2, type | 0o2000000, transport == .sctp ? 132 : 0)
    // EPROTONOSUPPORT, ESOCKTNOSUPPORT: a kernel without SCTP sockets has none that could be in the way.
    if transport == .sctp, opened == -93 || opened == -94 { return true }
    let socket = OwnedFD(taking: try check(opened, "socket"))
    // Connections in TIME_WAIT do not count, listeners do.
    if transport == .tcp { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    var place = cl_endpoint(.v4(address ?? .any), port: port)
    let result = cl_bind_ip(socket.raw, &place)
    if Int(result) == addressInUse { return false }
    try check(result, "bind", detail: "\(address ?? .any):\(port)/\(transport)")
    return true
  }

  /// The process that listens on the port; nil if none is found (it may be gone, or in the kernel).
  public static func holder(
    address: IPv4Address?, port: UInt16, transport: Transport
  ) throws(SyscallError) -> PortHolder? {
    var inodes: Set<String> = []
    let tables = transport == .sctp ? ["sctp/eps"] : ["\(transport)", "\(transport)6"]
    for name in tables {
      let table = FilePath("/proc/net").pushing(FilePath(name))
      guard try Kernel.exists(table) else { continue }
      inodes.formUnion(sockets(in: try Kernel.text(of: table), address: address, port: port, transport: transport))
    }
    return inodes.isEmpty ? nil : try process(with: inodes)
  }

  /// The inodes of the sockets in a /proc/net table that are in the way.
  static func sockets(
    in table: String, address: IPv4Address?, port: UInt16, transport: Transport
  ) -> [String] {
    if transport == .sctp { return endpoints(in: table, address: address, port: port) }
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, transport == .udp || fields[3] == "0A" else { return nil }  // TCP_LISTEN
      let local = fields[1].split(separator: ":")
      guard local.count == 2, UInt16(local[1], radix: 16) == port, let raw = UInt32(local[0].suffix(8), radix: 16)
      else { return nil }
      let bound = IPv4Address(UInt32(bigEndian: raw))
      let everywhere = local[0].allSatisfy { $0 == "0" }
      if local[0].count > 8 && !everywhere && !local[0].dropLast(8).hasSuffix("FFFF0000") { return nil }
      return everywhere || address == nil || bound == address ? String(fields[9]) : nil
    }
  }

  /// The same of /proc/net/sctp/eps: ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS….
  private static func endpoints(in table: String, address: IPv4Address?, port: UInt16) -> [String] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 8, UInt16(fields[5]) == port else { return nil }
      let bound = fields[8...]
      let isInTheWay = address == nil || bound.contains("0.0.0.0") || bound.contains { $0 == "\(address ?? .any)" }
      return isInTheWay ? String(fields[7]) : nil
    }
  }

  private static func process(with inodes: Set<String>) throws(SyscallError) -> PortHolder? {
    let links = Set(inodes.map { "socket:[\($0)]" })
    for name in try Kernel.names(inDirectory: "/proc") {
      guard let pid = Int32(name) else { continue }
      let directory = FilePath("/proc/\(pid)/fd")
      for descriptor in try unlessGone({ () throws(SyscallError) in try Kernel.names(inDirectory: directory) }) ?? [] {
        let link = try unlessGone { () throws(SyscallError) in try Kernel.readLink(directory.appending(descriptor)) }
        guard let link, links.contains(link) else { continue }
        let command = try unlessGone { () throws(SyscallError) in try Kernel.text(of: FilePath("/proc/\(pid)/comm")) }
        if let command { return PortHolder(pid: pid, command: command) }
      }
    }
    return nil
  }

  /// Processes and descriptors come and go while we look, and some are not ours to see. ENAMETOOLONG is no socket.
  private static func unlessGone<Value>(_ body: () throws(SyscallError) -> Value) throws(SyscallError) -> Value? {
    do { return try body() } catch {
      if [2, 3, 13, 36].contains(error.errno) { return nil }
      throw error
    }
  }
}
