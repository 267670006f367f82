// `hooks` of the OCI runtime-spec. Pure values.
// Source: https://github.com/opencontainers/runtime-spec/blob/main/config.md#posix-platform-hooks

/// `hooks`, each list in the order of running.
public struct OCIHooks: Sendable, Hashable, Codable {
  /// In the runtime's namespaces, when the container's exist.
  public var prestart: [OCIHook] = []
  /// The same, after `prestart`.
  public var createRuntime: [OCIHook] = []
  /// In the container's namespaces, before the root is changed.
  public var createContainer: [OCIHook] = []
  /// In the container's namespaces, before its program.
  public var startContainer: [OCIHook] = []
  /// In the runtime's namespaces, after the program was started.
  public var poststart: [OCIHook] = []
  /// In the runtime's namespaces, after the container was deleted.
  public var poststop: [OCIHook] = []

  /// None.
  public init() {}
}

/// One program.
public struct OCIHook: Sendable, Hashable, Codable {
  /// Absolute.
  public var path: String
  /// With the program's name first; empty is its path alone.
  public var args: [String] = []
  /// `NAME=value`: its whole environment; nil is none, and the program's own for `startContainer`.
  public var env: [String]?
  /// Seconds; nil waits without end.
  public var timeout: UInt32?

  /// A program.
  public init(path: String) { self.path = path }
}
