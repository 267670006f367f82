// ObservedState: a snapshot of what is really there, records and kernel together. Made by the engine; this room only
// reads it. Nothing here is looked up later: what reconcile does not find in here it does not know.
public import ContainrSpec

/// What was there when the engine looked.
public struct ObservedState: Sendable, Hashable, Codable {
  /// The record of a stack of this name, if there is one.
  public var stack: ObservedStack?
  /// Containers that our records give to this stack, sorted by id.
  public var containers: [ObservedContainer] = []
  /// Networks that our records give to this stack.
  public var networks: [ObservedNetwork] = []
  /// Its named volumes, and those of the plan that exist already.
  public var volumes: [ObservedVolume] = []
  /// What is here of the images that the plan asks for.
  @EmptyIfAbsent public var images: [ObservedImage]
  /// What carries this stack's names without a record.
  public var leftovers: [ObservedLeftover] = []
  /// One line for each difference between our nft table and what the records ask for.
  public var firewallDrift: [String] = []
  /// The host's way out of the least MTU; nil: it has none, or nobody looked.
  public var uplink: ObservedUplink?
  /// A supervisor of this stack lives.
  public var supervisorAlive = false
  /// It lives, but what it has read is not what is recorded now.
  public var supervisorStale = false
  /// It lives, but nobody would start it again: its keeper has ended. nil: its keeper lives, or there is no supervisor.
  public var supervisorUnkept: Bool?
  /// What there is of IPv6; nil: not looked at.
  public var ipv6: ObservedIPv6?

  /// Nothing is there.
  public init() {}
}

/// IPv6 on this host.
public struct ObservedIPv6: Sendable, Hashable, Codable {
  /// The host has it, and so does a network that does not say otherwise.
  public var isOn: Bool
  /// Names of the recorded networks, of whatever stack, that have it; sorted.
  public var networks: [String]

  /// What there is.
  public init(isOn: Bool, networks: [String] = []) {
    self.isOn = isOn
    self.networks = networks
  }
}

/// A stack as it was recorded.
public struct ObservedStack: Sendable, Hashable, Codable {
  /// The stack's name.
  public var name: String
  /// Canonical path of its file.
  public var file: String
  /// Who started it.
  public var ownerUID: UInt32
  /// The record was made in this boot.
  public var sameBoot: Bool

  /// As recorded.
  public init(name: String, file: String, ownerUID: UInt32, sameBoot: Bool) {
    self.name = name
    self.file = file
    self.ownerUID = ownerUID
    self.sameBoot = sameBoot
  }
}

/// One container of ours.
public struct ObservedContainer: Sendable, Hashable, Codable {
  /// How far the record says it is.
  public enum Stage: String, Sendable, Codable { case creating, running, stopped, removing }
  /// What the kernel says of its process.
  public enum Process: Sendable, Hashable, Codable {
    case running(pid: Int32)
    /// Ended by itself or by a signal; `code` is the exit code or the signal's number.
    case ended(code: Int32, bySignal: Bool)
    /// It was killed, since the server of its files had ended.
    case filesLost
    /// No trace of it: the host was restarted, or its directory is gone.
    case absent
  }
  /// What the last health check said.
  public enum Health: String, Sendable, Codable { case starting, healthy, unhealthy }
  /// Its part while one container takes over from another. Of a place one serves; the others are left from an update
  /// that was interrupted, or is going on.
  public enum Role: String, Sendable, Codable { case serving, incoming, outgoing }

  /// Which container it is.
  public var name: ContainerName
  /// Its id on the host.
  public var id: String
  /// How far the record says it is.
  public var stage: Stage
  /// The plan it was made from, flat, sorted by path.
  public var fields: [PlanField]
  /// What the kernel says of its process.
  public var process: Process
  /// nil: no health check, or no result yet.
  public var health: Health?
  /// Values of the cgroup that are not what was asked for.
  public var drift: [ObservedDrift] = []
  /// Content of its files that is not what it was when they were given to it.
  public var contents: [ObservedContent] = []
  /// Keys of the networks whose link is gone from the host or from the container.
  public var missingLinks: [String] = []
  /// What is recorded as its address on each network, by the network's key; nil: nobody looked.
  public var addresses: [String: String]?
  /// The names on the host of the volumes that it has, by their keys in the file; nil: nobody wrote them down.
  public var volumes: [String: String]?
  /// The same of IPv6; an empty text is none.
  public var addresses6: [String: String]?
  /// What is wrong with its places on networks whose links are there.
  public var linkFaults: [ObservedLinkFault] = []
  /// The namespaces that it shares with others who have other ones by now.
  public var lostNamespaces: [LostNamespace] = []
  /// It stands still because somebody wants it so; nil: it does not, or nobody looked.
  public var isPaused: Bool?
  /// The record was made in this boot.
  public var sameBoot = true
  /// Whether it serves.
  public var role = Role.serving

  /// Without drift and in this boot.
  public init(name: ContainerName, stage: Stage, fields: [PlanField], process: Process, health: Health? = nil) {
    self.name = name
    self.id = name.id
    self.stage = stage
    self.fields = fields
    self.process = process
    self.health = health
  }

  /// The applied value of a field.
  public func value(_ path: String) -> String? { fields.first { $0.path == path }?.value }

  /// The keys of the entries below `prefix`, such as the networks of `networks.`.
  public func keys(_ prefix: String) -> [String] {
    fields.compactMap { $0.path.hasPrefix(prefix) ? String($0.path.dropFirst(prefix.count)) : nil }
  }

  /// What a changeset calls it: what does not serve is told apart, as it bears the name of what does.
  var address: String {
    "container \(name.display)\(role == .serving ? "" : " (\(role.rawValue))")"
  }

  var isRunning: Bool { if case .running = process { true } else { false } }
}

/// One value that is not what it should be.
public struct ObservedDrift: Sendable, Hashable, Codable {
  /// The kernel's name of it, such as `memory.limit_in_bytes`.
  public var what: String
  /// What was asked for.
  public var expected: String
  /// What the kernel says.
  public var actual: String
  /// Writing the value again repairs it; otherwise the container has to be made again.
  public var repairable: Bool

  /// One difference.
  public init(what: String, expected: String, actual: String, repairable: Bool = true) {
    self.what = what
    self.expected = expected
    self.actual = actual
    self.repairable = repairable
  }
}

/// A namespace that a container has joined and whose owner is in another one by now; only a new start joins that.
public struct LostNamespace: Sendable, Hashable, Codable {
  /// The key in the file: `network_mode`, `ipc`, `pid`.
  public var key: String
  /// Whose it is, in words: `service db`, `container x`.
  public var owner: String

  /// One namespace.
  public init(key: String, owner: String) {
    self.key = key
    self.owner = owner
  }
}

/// A container's place on a network that is not as it was given; connecting it again repairs it.
public struct ObservedLinkFault: Sendable, Hashable, Codable {
  /// The network's key in the file.
  public var network: String
  /// What is wrong, in words.
  public var words: String

  /// One fault.
  public init(network: String, words: String) {
    self.network = network
    self.words = words
  }
}

/// A config, a secret or a mounted file whose content is another one now.
public struct ObservedContent: Sendable, Hashable, Codable {
  /// What it is; the raw value is the word for it.
  public enum Kind: String, Sendable, Codable { case config, secret, mount }
  /// What it is.
  public var kind: Kind
  /// Its path in the container.
  public var target: String
  /// A digest of what the container was given; nil: nothing is known of it.
  public var old: String?
  /// A digest of what it would be given now; nil: the source cannot be read, and `words` says why.
  public var new: String?
  /// What cannot be said with two digests.
  public var words: String?

  /// One difference.
  public init(kind: Kind, target: String, old: String?, new: String?, words: String? = nil) {
    self.kind = kind
    self.target = target
    self.old = old
    self.new = new
    self.words = words
  }
}

/// One network of ours.
public struct ObservedNetwork: Sendable, Hashable, Codable {
  /// Its key in the file.
  public var key: String
  /// Its name on the host.
  public var name: String
  /// The plan it was made from, flat.
  public var fields: [PlanField]
  /// Its making was recorded but never finished, or its removal was begun.
  public var isUnfinished: Bool
  /// What is wrong in the kernel, in words; empty is well.
  public var drift: [String]
  /// The bridge itself is gone, and with it every attachment.
  public var bridgeMissing: Bool
  /// It belongs to another stack or to none; nil: it is this stack's own.
  public var isExternal: Bool?

  /// As recorded, with what the kernel says of it.
  public init(
    key: String, name: String, fields: [PlanField], isUnfinished: Bool = false, drift: [String] = [],
    bridgeMissing: Bool = false
  ) {
    self.key = key
    self.name = name
    self.fields = fields
    self.isUnfinished = isUnfinished
    self.drift = drift
    self.bridgeMissing = bridgeMissing
  }
}

/// An interface that a default route leads out of.
public struct ObservedUplink: Sendable, Hashable, Codable {
  /// What a network has where the host has no way out, and an Ethernet's own.
  public static let usualMTU = 1500
  /// The interface's name.
  public var name: String
  /// Bytes.
  public var mtu: Int

  /// One way out.
  public init(name: String, mtu: Int) {
    self.name = name
    self.mtu = mtu
  }

  /// The MTU of a bridge network that asks for none. Less than 1280 would switch IPv6 off (RFC 8200); a veth carries
  /// 65535 at most.
  public static func mtu(below uplink: ObservedUplink?) -> Int { min(max(uplink?.mtu ?? usualMTU, 1280), 65_535) }
}

/// One image that a plan asks for.
public struct ObservedImage: Sendable, Hashable, Codable {
  /// What is asked for.
  public var plan: ImagePlan
  /// The manifest's digest; nil: it is not here.
  public var digest: String?
  /// All of its layers are unpacked.
  public var isUnpacked: Bool
  /// Seconds since it was fetched.
  public var age: Int

  /// One image.
  public init(plan: ImagePlan, digest: String?, isUnpacked: Bool = false, age: Int = 0) {
    self.plan = plan
    self.digest = digest
    self.isUnpacked = isUnpacked
    self.age = age
  }
}

/// One named volume.
public struct ObservedVolume: Sendable, Hashable, Codable {
  /// Its key in the file.
  public var key: String
  /// Its name on the host.
  public var name: String
  /// Its directory is there.
  public var exists: Bool
  /// Our records say that this stack made it.
  public var isOurs: Bool
  /// The plan it was made from, flat; empty: not known.
  @EmptyIfAbsent public var fields: [PlanField]
  /// The name of the container that an anonymous one was made for; nil: it has a name of its own.
  public var place: String?
  /// No container has it, running or not: of an anonymous one none ever will again. nil: one has.
  public var isUnused: Bool?

  /// Its data goes with it: a directory of ours, or memory. What is mounted from elsewhere stays there.
  var holdsData: Bool {
    guard let type = fields.first(where: { $0.path == "driver_opts.type" })?.value else { return true }
    return type == "tmpfs" || type == "ramfs"
  }

  /// One volume.
  public init(key: String, name: String, exists: Bool, isOurs: Bool) {
    self.key = key
    self.name = name
    self.exists = exists
    self.isOurs = isOurs
  }
}

/// Something with our name that no record speaks of.
public struct ObservedLeftover: Sendable, Hashable, Codable {
  /// What kind of thing was left.
  public enum Kind: String, Sendable, Codable { case container, cgroup, link, directory, supervisor }
  /// What it is.
  public var kind: Kind
  /// The container's id, the link's name, or the path.
  public var name: String

  /// One leftover.
  public init(kind: Kind, name: String) {
    self.kind = kind
    self.name = name
  }
}
