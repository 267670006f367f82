// All that the client goes by. A value: the command line fills it from files, flags and the environment.
public import SystemPackage

/// How registries are reached.
public struct RegistrySettings: Sendable {
  /// What the file of registries says; see RegistriesFile.
  public var registries: [String: RegistryEntry] = [:]
  /// Registries (`host[:port]`) that a flag names insecure.
  public var insecure: Set<String> = []
  /// Directories with `HOST:PORT/*.crt`; the first that has a host's directory serves it.
  public var certificateDirectories: [FilePath] = [
    "/etc/containr/certs.d", "/etc/containers/certs.d", "/etc/docker/certs.d",
  ]
  /// Which proxy is asked for what.
  public var proxies = ProxySettings()
  /// Seconds until a connection stands.
  public var connectSeconds = 20
  /// Seconds in which not a byte may move; an upload gets five times as many, since a registry digests what it got.
  public var stallSeconds = 60
  /// When to ask again.
  public var backOff = BackOff()
  /// The most bytes of one PATCH of an upload.
  public var chunkBytes: UInt64 = 1 << 30
  /// Up to this an upload is one PUT.
  public var monolithicBytes: UInt64 = 1 << 20
  /// `User-Agent`.
  public var userAgent = "containr"
  /// Makes the sockets of TCP, of IPv6 or of IPv4, blocking and CLOEXEC, that connections are made with; the caller owns the
  /// descriptor. nil: sockets of this process's own network.
  public var makeSocket: (@Sendable (_ isIPv6: Bool) throws -> CInt)?
  /// Asked now and then, and between retries: true ends what goes on.
  public var isCancelled: @Sendable () -> Bool = { false }

  /// The defaults, no registry of its own.
  public init() {}

  /// Whether plain HTTP and unverified TLS were asked for.
  func isInsecure(_ registry: String) -> Bool {
    insecure.contains(registry) || registries[registry]?.isInsecure == true
  }
}

/// What is known of one registry.
public struct RegistryEntry: Sendable, Hashable {
  /// TLS is not verified, and plain HTTP will do.
  public var isInsecure: Bool
  /// Asked before it, in order, for pulls only.
  public var mirrors: [RegistryMirror]

  /// With its values.
  public init(isInsecure: Bool = false, mirrors: [RegistryMirror] = []) {
    self.isInsecure = isInsecure
    self.mirrors = mirrors
  }
}

/// A registry that has copies: `host[:port][/prefix]`.
public struct RegistryMirror: Sendable, Hashable {
  /// `host[:port]`.
  public var registry: String
  /// Stands before the repository's name, without slashes at its ends; may be empty.
  public var prefix: String

  /// With its values.
  public init(registry: String, prefix: String = "") {
    self.registry = registry
    self.prefix = prefix
  }
}

/// The environment's proxies, as curl(1) and Go programs read them.
public struct ProxySettings: Sendable, Hashable {
  /// For http addresses; nil: none.
  public var http: String?
  /// For https addresses; nil: none.
  public var https: String?
  /// Hosts, domains and networks that are reached without, separated by commas; `*` is all.
  public var exceptions: String?

  /// No proxies.
  public init() {}

  /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`; the lower-case names count more, as in curl.
  public init(environment: [String: String]) {
    func value(_ name: String) -> String? {
      for key in [name.lowercased(), name] { if let text = environment[key], !text.isEmpty { return text } }
      return nil
    }
    http = value("HTTP_PROXY") ?? value("ALL_PROXY")
    https = value("HTTPS_PROXY") ?? value("ALL_PROXY")
    exceptions = value("NO_PROXY")
  }

  /// The proxy for an address; nil: none. This host itself is never asked by way of a proxy, as in Go.
  func proxy(for origin: WebAddress.Origin) -> String? {
    if Loopback.contains(origin.host) { return nil }
    return origin.scheme == "https" ? https : http
  }
}

/// Names and addresses of this host itself.
enum Loopback {
  /// Of a host without port; IPv6 with its brackets.
  static func contains(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// Of `host[:port]`.
  static func contains(registry: String) -> Bool {
    guard let colon = registry.lastIndex(of: ":"), !registry.hasSuffix("]") else { return contains(registry) }
    return contains(String(registry[..<colon]))
  }
}
