// The tables, and the way from each version to the next. A step that was released is never edited.

enum StoreSchema {
  /// Step n leads from version n to n + 1.
  static let steps = [
    """
    CREATE TABLE stacks(
      name TEXT PRIMARY KEY, file TEXT NOT NULL, uid INTEGER NOT NULL, boot TEXT NOT NULL, created INTEGER NOT NULL,
      link_group INTEGER NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
    CREATE TABLE containers(
      id TEXT PRIMARY KEY, stack TEXT NOT NULL REFERENCES stacks ON DELETE CASCADE, service TEXT NOT NULL,
      number INTEGER NOT NULL, stage TEXT NOT NULL, fields TEXT NOT NULL, plan TEXT NOT NULL, boot TEXT NOT NULL,
      created INTEGER NOT NULL, layers TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX containers_by_stack ON containers(stack);
    CREATE TABLE leases(
      container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE, network TEXT NOT NULL, key TEXT NOT NULL,
      address TEXT NOT NULL, mac TEXT NOT NULL, link TEXT NOT NULL, PRIMARY KEY(container, network),
      UNIQUE(network, address)) STRICT, WITHOUT ROWID;
    CREATE TABLE ports(
      container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE, key TEXT NOT NULL, host_address TEXT,
      host_port INTEGER NOT NULL, container_port INTEGER NOT NULL, transport TEXT NOT NULL,
      PRIMARY KEY(container, key)) STRICT, WITHOUT ROWID;
    CREATE TABLE networks(
      name TEXT PRIMARY KEY, key TEXT NOT NULL, stack TEXT NOT NULL REFERENCES stacks ON DELETE CASCADE,
      stage TEXT NOT NULL, bridge TEXT NOT NULL UNIQUE, subnet TEXT NOT NULL, gateway TEXT NOT NULL,
      internal INTEGER NOT NULL, mtu INTEGER, fields TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE volumes(
      name TEXT PRIMARY KEY, key TEXT NOT NULL, stack TEXT NOT NULL, created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE sysctls(
      path TEXT PRIMARY KEY, old TEXT NOT NULL, written TEXT NOT NULL) STRICT, WITHOUT ROWID;
    """,
    // Empty is what an earlier release wrote: there the name followed from the order of the networks' keys.
    "ALTER TABLE leases ADD COLUMN interface TEXT NOT NULL DEFAULT ''",
    // The plan is the last column and lies on pages of its own: a list of revisions does not read it.
    """
    CREATE TABLE revisions(
      stack TEXT NOT NULL REFERENCES stacks ON DELETE CASCADE, number INTEGER NOT NULL, created INTEGER NOT NULL,
      ended INTEGER, uid INTEGER NOT NULL, outcome TEXT NOT NULL, process TEXT NOT NULL, file TEXT NOT NULL,
      digest TEXT NOT NULL, summary TEXT NOT NULL, returns_to INTEGER, options TEXT NOT NULL, layers TEXT NOT NULL,
      plan TEXT NOT NULL, PRIMARY KEY(stack, number)) STRICT;
    """,
    """
    ALTER TABLE containers ADD COLUMN slot INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE containers ADD COLUMN role TEXT NOT NULL DEFAULT 'serving';
    """,
    """
    CREATE TABLE contents(
      container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE, target TEXT NOT NULL, kind TEXT NOT NULL,
      digest TEXT NOT NULL, stamp TEXT NOT NULL, PRIMARY KEY(container, target)) STRICT, WITHOUT ROWID;
    """,
    // The first of the host's ids that the container has; 0: it has the host's own.
    "ALTER TABLE containers ADD COLUMN ids INTEGER NOT NULL DEFAULT 0",
    // Empty is what an earlier release wrote: a plain directory without labels; volumes that nobody wrote down; no image.
    """
    ALTER TABLE volumes ADD COLUMN fields TEXT NOT NULL DEFAULT '';
    ALTER TABLE volumes ADD COLUMN place TEXT NOT NULL DEFAULT '';
    ALTER TABLE containers ADD COLUMN volumes TEXT NOT NULL DEFAULT '';
    ALTER TABLE containers ADD COLUMN image TEXT NOT NULL DEFAULT '';
    ALTER TABLE containers ADD COLUMN merged TEXT NOT NULL DEFAULT '';
    """,
    // Made anew: a lease may be without IPv4, and a network without a stack. NULL is no address: many may have none.
    """
    CREATE TABLE leases_new(
      container TEXT NOT NULL REFERENCES containers ON DELETE CASCADE, network TEXT NOT NULL, key TEXT NOT NULL,
      address TEXT, address6 TEXT, link_local TEXT NOT NULL, mac TEXT NOT NULL, link TEXT NOT NULL,
      interface TEXT NOT NULL, priority INTEGER NOT NULL, gateway_priority INTEGER NOT NULL,
      PRIMARY KEY(container, network), UNIQUE(network, address), UNIQUE(network, address6)) STRICT, WITHOUT ROWID;
    INSERT INTO leases_new SELECT container, network, key, address, NULL, '', mac, link, interface, 0, 0 FROM leases;
    DROP TABLE leases;
    ALTER TABLE leases_new RENAME TO leases;
    CREATE TABLE networks_new(
      name TEXT PRIMARY KEY, key TEXT NOT NULL, stack TEXT REFERENCES stacks ON DELETE CASCADE,
      stage TEXT NOT NULL, bridge TEXT NOT NULL UNIQUE, subnet TEXT NOT NULL, gateway TEXT NOT NULL,
      internal INTEGER NOT NULL, mtu INTEGER, fields TEXT NOT NULL, subnet6 TEXT NOT NULL, gateway6 TEXT NOT NULL,
      created INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO networks_new SELECT name, key, stack, stage, bridge, subnet, gateway, internal, mtu, fields, '', '', 0
      FROM networks;
    DROP TABLE networks;
    ALTER TABLE networks_new RENAME TO networks;
    """,
  ]

  /// From this version on there is a table of revisions.
  static let versionWithRevisions = 3
  /// From this version on containers have a slot and a role.
  static let versionWithSlots = 4
  /// From this version on there is a table of what was in files.
  static let versionWithContents = 5
  /// From this version on containers may have ids of their own.
  static let versionWithIDs = 6
  /// From this version on volumes have options, and containers volumes and an image.
  static let versionWithVolumes = 7
  /// From this version on there is IPv6, and networks of no stack.
  static let versionWithIPv6 = 8
}
