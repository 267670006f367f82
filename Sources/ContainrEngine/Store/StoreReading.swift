// Rows → records.
internal import SystemPackage

extension Store {
  /// Everything, each kind sorted by its key, in one read transaction.
  /// `stacksOnly` leaves out containers and networks.
  static func read(_ connection: inout SQLiteConnection, stacksOnly: Bool) throws(StoreError) -> StoreContents {
    var contents = StoreContents()
    var version = 0
    try connection.run("PRAGMA user_version") { version = $0.integer(0) }
    if version == 0 { return contents }
    if version > StoreSchema.steps.count {
      throw StoreError(
        kind: .newer(version), code: 0, operation: "read", message: "made by a newer release (schema \(version))",
        path: connection.path)
    }
    try connection.execute("BEGIN")
    do throws(StoreError) {
      try readStacks(&connection, version: version, into: &contents)
      if !stacksOnly {
        try readContainers(&connection, version: version, into: &contents)
        try readNetworks(&connection, version: version, into: &contents)
      }
      try connection.execute("COMMIT")
    } catch {
      try connection.execute("ROLLBACK")
      throw error
    }
    return contents
  }

  private static func readStacks(
    _ connection: inout SQLiteConnection, version: Int, into contents: inout StoreContents
  ) throws(StoreError) {
    try connection.run("SELECT name, file, uid, boot, created, link_group FROM stacks ORDER BY name") { row in
      contents.stacks.append(
        StackRecord(
          name: row.text(0), file: row.text(1), ownerUID: UInt32(row.integer(2)), bootID: row.text(3),
          createdAt: row.integer(4), linkGroup: UInt32(row.integer(5))))
    }
    let more = version < StoreSchema.versionWithVolumes ? "'', ''" : "fields, place"
    try connection.run("SELECT name, key, stack, created, \(more) FROM volumes ORDER BY name") { row in
      contents.volumes.append(
        VolumeRecord(
          name: row.text(0), key: row.text(1), stack: row.text(2), createdAt: row.integer(3), fields: row.text(4),
          place: row.text(5)))
    }
    try connection.run("SELECT path, old, written FROM sysctls ORDER BY path") { row in
      contents.sysctls.append(SysctlRecord(path: row.text(0), oldValue: row.text(1), writtenValue: row.text(2)))
    }
  }

  /// `version`: of the schema on the disk, which a reader does not change.
  private static func readContainers(
    _ connection: inout SQLiteConnection, version: Int, into contents: inout StoreContents
  ) throws(StoreError) {
    var position: [String: Int] = [:]
    // A reader does not bring the schema up to date.
    let slot = version < StoreSchema.versionWithSlots ? "0, 'serving'" : "slot, role"
    let ids = version < StoreSchema.versionWithIDs ? "0" : "ids"
    let image = version < StoreSchema.versionWithVolumes ? "'', '', ''" : "volumes, image, merged"
    let columns = "id, stack, service, number, stage, fields, plan, boot, created, layers, \(slot), \(ids), \(image)"
    try connection.run("SELECT \(columns) FROM containers ORDER BY id") { row in
      position[row.text(0)] = contents.containers.count
      contents.containers.append(
        ContainerRecord(
          id: row.text(0), stack: row.text(1), service: row.text(2), index: row.integer(3),
          stage: ContainerRecord.Stage(rawValue: row.text(4)) ?? .creating, fields: row.text(5), plan: row.text(6),
          bootID: row.text(7), createdAt: row.integer(8)))
      let last = contents.containers.count - 1
      contents.containers[last].layers = row.text(9).split(separator: " ").map(String.init)
      contents.containers[last].slot = row.integer(10)
      contents.containers[last].role = ContainerRecord.Role(rawValue: row.text(11)) ?? .serving
      contents.containers[last].ids = row.integer(12)
      contents.containers[last].volumes = VolumeUse.uses(row.text(13))
      contents.containers[last].image = row.text(14)
      contents.containers[last].merged = row.text(15)
    }
    try readLeases(&connection, version: version, position, into: &contents)
    for index in contents.containers.indices { nameInterfaces(&contents.containers[index].leases) }
    if version >= StoreSchema.versionWithContents {
      try connection.run("SELECT container, target, kind, digest, stamp FROM contents ORDER BY container, target") {
        row in
        guard let index = position[row.text(0)] else { return }
        contents.containers[index].contents.append(
          ContentRecord(target: row.text(1), kind: row.text(2), digest: row.text(3), stamp: row.text(4)))
      }
    }
    let ports = "SELECT container, key, host_address, host_port, container_port, transport FROM ports"
    try connection.run(ports + " ORDER BY container, key") { row in
      guard let index = position[row.text(0)] else { return }
      contents.containers[index].ports.append(
        PortRecord(
          key: row.text(1), hostAddress: row.optionalText(2), hostPort: row.integer(3), containerPort: row.integer(4),
          transport: row.text(5)))
    }
  }

  private static func readLeases(
    _ connection: inout SQLiteConnection, version: Int, _ position: [String: Int], into contents: inout StoreContents
  ) throws(StoreError) {
    let interface = version < 2 ? "''" : "interface"
    let rest =
      version < StoreSchema.versionWithIPv6 ? "'', '', 0, 0" : "address6, link_local, priority, gateway_priority"
    let leases = "SELECT container, network, key, address, mac, link, \(interface), \(rest) FROM leases"
    try connection.run(leases + " ORDER BY container, network") { row in
      guard let index = position[row.text(0)] else { return }
      var lease = LeaseRecord(
        network: row.text(1), key: row.text(2), address: row.optionalText(3) ?? "", mac: row.text(4),
        link: row.text(5), interface: row.text(6))
      lease.address6 = row.optionalText(7) ?? ""
      lease.linkLocal = row.text(8).split(separator: " ").map(String.init)
      lease.priority = row.integer(9)
      lease.gatewayPriority = row.integer(10)
      contents.containers[index].leases.append(lease)
    }
  }

  /// Names of interfaces that an earlier release did not write down.
  private static func nameInterfaces(_ leases: inout [LeaseRecord]) {
    guard leases.contains(where: { $0.interface.isEmpty }) else { return }
    let keys = leases.map(\.key).sorted()
    for index in leases.indices where leases[index].interface.isEmpty {
      leases[index].interface = "eth\(keys.firstIndex(of: leases[index].key) ?? 0)"
    }
  }

  private static func readNetworks(
    _ connection: inout SQLiteConnection, version: Int, into contents: inout StoreContents
  ) throws(StoreError) {
    let rest = version < StoreSchema.versionWithIPv6 ? "'', '', 0" : "subnet6, gateway6, created"
    let sql = "SELECT name, key, stack, stage, bridge, subnet, gateway, internal, mtu, fields, \(rest) FROM networks"
    try connection.run(sql + " ORDER BY name") { row in
      var network = NetworkRecord(
        name: row.text(0), key: row.text(1), stack: row.optionalText(2) ?? "",
        stage: NetworkRecord.Stage(rawValue: row.text(3)) ?? .creating, bridge: row.text(4), subnet: row.text(5),
        gateway: row.text(6), isInternal: row.integer(7) != 0, mtu: row.optionalInteger(8), fields: row.text(9))
      network.subnet6 = row.text(10)
      network.gateway6 = row.text(11)
      network.createdAt = row.integer(12)
      contents.networks.append(network)
    }
  }
}
