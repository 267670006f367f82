// Devices and limits of processes that a service asks for by name.

/// One entry of `devices`: a device of the host, a directory of them, or a CDI device.
public struct DevicePlan: Sendable, Hashable, Codable {
  /// A path of the host, or a CDI name: `vendor.com/class=name`.
  public var source: String
  /// A path inside; empty for a CDI device.
  public var target: String
  /// Any of `r`, `w` and `m`.
  public var permissions: String

  /// A device of its parts.
  public init(source: String, target: String, permissions: String = "rwm") {
    self.source = source
    self.target = target
    self.permissions = permissions
  }

  /// It is named as the Container Device Interface does.
  public var isCDI: Bool { target.isEmpty }
}

/// Devices by what they can do: an entry of `gpus`.
public struct DeviceRequestPlan: Sendable, Hashable, Codable {
  /// `nvidia`, `cdi`; empty: any.
  public var driver: String
  /// -1 is all; nil beside `ids`.
  public var count: Int64?
  /// Which ones.
  public var ids: [String]
  /// What they must be able to do, sorted.
  public var capabilities: [String]

  /// A request of its parts.
  public init(driver: String = "", count: Int64?, ids: [String] = [], capabilities: [String] = []) {
    self.driver = driver
    self.count = count
    self.ids = ids
    self.capabilities = capabilities
  }
}

/// One entry of `ulimits`.
public struct UlimitPlan: Sendable, Hashable, Codable {
  /// In Docker's words: `nofile`.
  public var name: String
  /// In force; -1 is unlimited.
  public var soft: Int64
  /// How far it may be raised; -1 is unlimited.
  public var hard: Int64

  /// A limit of its parts.
  public init(name: String, soft: Int64, hard: Int64) {
    self.name = name
    self.soft = soft
    self.hard = hard
  }
}
