// Writes → SQL.

extension StoreWrite {
  func run(on connection: inout SQLiteConnection) throws(StoreError) {
    switch self {
    case .putStack(let stack): try Self.put(stack, &connection)
    case .removeStack(let name): try connection.run("DELETE FROM stacks WHERE name = ?", [.text(name)])
    case .putContainer(let container): try Self.put(container, &connection)
    case .setStage(let id, let stage):
      try connection.run("UPDATE containers SET stage = ? WHERE id = ?", [.text(stage.rawValue), .text(id)])
    case .setRole(let id, let role):
      try connection.run("UPDATE containers SET role = ? WHERE id = ?", [.text(role.rawValue), .text(id)])
    case .setPlan(let id, let fields, let plan):
      try connection.run(
        "UPDATE containers SET fields = ?, plan = ? WHERE id = ?", [.text(fields), .text(plan), .text(id)])
    case .setLayers(let id, let layers):
      try connection.run(
        "UPDATE containers SET layers = ? WHERE id = ?", [.text(layers.joined(separator: " ")), .text(id)])
    case .setVolumes(let id, let volumes):
      try connection.run(
        "UPDATE containers SET volumes = ? WHERE id = ?", [.text(VolumeUse.text(volumes)), .text(id)])
    case .setImage(let id, let image, let merged):
      try connection.run(
        "UPDATE containers SET image = ?, merged = ? WHERE id = ?", [.text(image), .text(merged), .text(id)])
    case .setContents(let id, let contents):
      try connection.run("DELETE FROM contents WHERE container = ?", [.text(id)])
      try Self.put(contents, of: id, &connection)
    case .removeContainer(let id): try connection.run("DELETE FROM containers WHERE id = ?", [.text(id)])
    case .putNetwork(let network): try Self.put(network, &connection)
    case .setNetworkStage(let name, let stage):
      try connection.run("UPDATE networks SET stage = ? WHERE name = ?", [.text(stage.rawValue), .text(name)])
    case .removeNetwork(let name): try connection.run("DELETE FROM networks WHERE name = ?", [.text(name)])
    case .putVolume(let volume):
      try connection.run(
        "INSERT OR REPLACE INTO volumes VALUES(?, ?, ?, ?, ?, ?)",
        [
          .text(volume.name), .text(volume.key), .text(volume.stack), .integer(Int64(volume.createdAt)),
          .text(volume.fields), .text(volume.place),
        ])
    case .removeVolume(let name): try connection.run("DELETE FROM volumes WHERE name = ?", [.text(name)])
    case .putSysctl(let sysctl):
      // The first value seen is the host's own; a later one may be ours.
      try connection.run(
        "INSERT OR IGNORE INTO sysctls VALUES(?, ?, ?)",
        [.text(sysctl.path), .text(sysctl.oldValue), .text(sysctl.writtenValue)])
    case .removeSysctl(let path): try connection.run("DELETE FROM sysctls WHERE path = ?", [.text(path)])
    case .putRevision(let record, let plan): try Self.put(record, plan: plan, &connection)
    case .endRevision(let stack, let number, let outcome, let time, let layers):
      try Self.endRevision(stack, number, outcome, at: time, layers: layers, &connection)
    }
  }

  private static func put(_ stack: StackRecord, _ connection: inout SQLiteConnection) throws(StoreError) {
    // An UPSERT, as REPLACE would delete the row and with it, by the foreign keys, everything of the stack.
    try connection.run(
      """
      INSERT INTO stacks VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET
      file = excluded.file, uid = excluded.uid, boot = excluded.boot
      """,
      [
        .text(stack.name), .text(stack.file), .integer(Int64(stack.ownerUID)), .text(stack.bootID),
        .integer(Int64(stack.createdAt)), .integer(Int64(stack.linkGroup)),
      ])
  }

  private static func put(_ container: ContainerRecord, _ connection: inout SQLiteConnection) throws(StoreError) {
    try connection.run("DELETE FROM containers WHERE id = ?", [.text(container.id)])
    try connection.run(
      "INSERT INTO containers VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(container.id), .text(container.stack), .text(container.service), .integer(Int64(container.index)),
        .text(container.stage.rawValue), .text(container.fields), .text(container.plan), .text(container.bootID),
        .integer(Int64(container.createdAt)), .text(container.layers.joined(separator: " ")),
        .integer(Int64(container.slot)), .text(container.role.rawValue), .integer(Int64(container.ids)),
        .text(VolumeUse.text(container.volumes)), .text(container.image), .text(container.merged),
      ])
    for lease in container.leases {
      try connection.run(
        """
        INSERT INTO leases(container, network, key, address, address6, link_local, mac, link, interface, priority,
        gateway_priority) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(container.id), .text(lease.network), .text(lease.key), .filled(lease.address), .filled(lease.address6),
          .text(lease.linkLocal.joined(separator: " ")), .text(lease.mac), .text(lease.link), .text(lease.interface),
          .integer(Int64(lease.priority)), .integer(Int64(lease.gatewayPriority)),
        ])
    }
    for port in container.ports {
      try connection.run(
        "INSERT INTO ports VALUES(?, ?, ?, ?, ?, ?)",
        [
          .text(container.id), .text(port.key), .optional(port.hostAddress), .integer(Int64(port.hostPort)),
          .integer(Int64(port.containerPort)), .text(port.transport),
        ])
    }
    try put(container.contents, of: container.id, &connection)
  }

  private static func put(
    _ contents: [ContentRecord], of container: String, _ connection: inout SQLiteConnection
  ) throws(StoreError) {
    for content in contents {
      try connection.run(
        "INSERT INTO contents VALUES(?, ?, ?, ?, ?)",
        [
          .text(container), .text(content.target), .text(content.kind), .text(content.digest), .text(content.stamp),
        ])
    }
  }

  private static func put(_ network: NetworkRecord, _ connection: inout SQLiteConnection) throws(StoreError) {
    try connection.run(
      "INSERT OR REPLACE INTO networks VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(network.name), .text(network.key), .filled(network.stack), .text(network.stage.rawValue),
        .text(network.bridge), .text(network.subnet), .text(network.gateway), .integer(network.isInternal ? 1 : 0),
        .optional(network.mtu), .text(network.fields), .text(network.subnet6), .text(network.gateway6),
        .integer(Int64(network.createdAt)),
      ])
  }
}
