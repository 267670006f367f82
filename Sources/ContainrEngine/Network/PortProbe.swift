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

  /// Whether the port can be bound to an address, or to every one of a family. EADDRNOTAVAIL (not our address) is thrown.
  public static func isFree(
    address: IPAddress, port: UInt16, transport: Transport
  ) throws(SyscallError) -> Bool {
    let type: CInt = transport == .udp ? 2 : 1
    let opened = cl_socket(CInt(address.family.number), type | 0o2000000, transport == .sctp ? 132 : 0)
    // EAFNOSUPPORT: a kernel without IPv6.
    if opened == -97, address.isAny { return true }
    // EPROTONOSUPPORT, ESOCKTNOSUPPORT: a kernel without SCTP sockets has none that could be in the way.
    if transport == .sctp, opened == -93 || opened == -94 { return true }
    let socket = OwnedFD(taking: try check(opened, "socket"))
    // Connections in TIME_WAIT do not count, listeners do.
    if transport == .tcp { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    // IPPROTO_IPV6, IPV6_V6ONLY: else `::` is every address of IPv4 as well.
    if address.family == .ipv6 { try check(cl_setsockopt_int(socket.raw, 41, 26, 1), "setsockopt(IPV6_V6ONLY)") }
    var place = cl_endpoint(address, port: port)
    let result = cl_bind_ip(socket.raw, &place)
    if Int(result) == addressInUse { return false }
    try check(result, "bind", detail: "\(address.bracketed):\(port)/\(transport)")
    return true
  }

  /// The process that listens on the port; nil if none is found (it may be gone, or in the kernel).
  public static func holder(
    address: IPAddress, port: UInt16, transport: Transport
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
    in table: String, address: IPAddress, port: UInt16, transport: Transport
  ) -> [String] {
    if transport == .sctp { return endpoints(in: table, address: address, port: port) }
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 9, transport == .udp || fields[3] == "0A" else { return nil }  // TCP_LISTEN
      let local = fields[1].split(separator: ":")
      guard local.count == 2, UInt16(local[1], radix: 16) == port, let bound = Self.address(local[0]) else {
        return nil
      }
      return isInTheWay(bound, of: address) ? String(fields[9]) : nil
    }
  }

  /// What listens on `::` may listen on every address of IPv4 as well, which the table does not tell.
  private static func isInTheWay(_ bound: IPAddress, of address: IPAddress) -> Bool {
    if bound == .v6(.any) { return true }
    let plain = bound.v6?.mappedIPv4.map { IPAddress.v4($0) } ?? bound
    guard plain.family == address.family else { return false }
    return plain.isAny || address.isAny || plain == address
  }

  /// Words of four octets, each as this machine reads them.
  private static func address(_ hex: Substring) -> IPAddress? {
    let digits = Array(hex)
    guard [8, 32].contains(digits.count) else { return nil }
    var octets: [UInt8] = []
    for start in stride(from: 0, to: digits.count, by: 8) {
      guard let word = UInt32(String(digits[start..<(start + 8)]), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { octets.append(contentsOf: $0) }
    }
    return IPAddress(octets: octets)
  }

  /// The same of /proc/net/sctp/eps: ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS….
  private static func endpoints(in table: String, address: IPAddress, port: UInt16) -> [String] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count > 8, UInt16(fields[5]) == port else { return nil }
      let bound = fields[8...].compactMap { IPAddress(String($0)) }
      return bound.contains { isInTheWay($0, of: address) } ? String(fields[7]) : nil
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
