// Registries for one test on loopback: Debian's docker-registry in each way that a client has to cope with, and one that
// lies. Ports are free ones, state is in a directory of its own, and they end with their value.
internal import Foundation

/// Certificates of a CA of the test's own, and the password file.
public final class RegistryMaterial: Sendable {
  /// The user that all registries with passwords know.
  public static let user = "tester"
  /// Its password.
  public static let password = "s3cret"

  /// Where everything lies.
  public let directory: ScratchDirectory
  /// The CA's certificate.
  public var authority: String { directory.path + "/ca.crt" }
  /// A certificate for localhost and 127.0.0.1, and its key.
  public var server: (certificate: String, key: String) {
    (directory.path + "/server.crt", directory.path + "/server.key")
  }

  /// Makes it: half a second.
  public init() throws {
    directory = try ScratchDirectory("registry")
    try directory.write("subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1\n", to: "names")
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
    try sh(
      """
      set -e
      openssl req -x509 \(ec) -nodes -days 30 -subj '/CN=test CA' -keyout ca.key -out ca.crt
      openssl req \(ec) -nodes -subj /CN=localhost -keyout server.key -out server.csr
      openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out server.crt -extfile names
      openssl req \(ec) -nodes -subj /CN=client -keyout client.key -out client.csr
      openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out client.crt
      openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=issuer' -keyout token.key -out token.crt
      htpasswd -nbB -C 4 \(Self.user) \(Self.password) >htpasswd
      """)
  }

  private func sh(_ script: String) throws {
    try run("sh", ["-c", script], directory: directory.url).succeeding()
  }

  /// A certs.d directory that knows the CA for these registries, and with `showsClient` what we show of ourselves.
  public func certificates(for addresses: [String], showsClient: Bool = false, in name: String = "certs.d") throws
    -> String
  {
    var files = [("ca.crt", "ca.crt")]
    if showsClient { files += [("client.crt", "client.cert"), ("client.key", "client.key")] }
    for address in addresses {
      for (from, to) in files {
        try directory.write(
          try String(contentsOfFile: directory.path + "/" + from, encoding: .utf8), to: "\(name)/\(address)/\(to)")
      }
    }
    return directory.path + "/" + name
  }
}

/// docker-registry.
public final class TestRegistry: Sendable {
  /// How it wants to be asked.
  public enum Mode: Sendable {
    case http, basic, tls, tlsBasic, token
    /// TLS, for those alone who show a certificate of the CA.
    case clients
    /// Read-only, of the storage of another one.
    case mirror(TestRegistry)
  }

  /// `127.0.0.1:PORT`.
  public let address: String
  /// The directory of its storage.
  public let storage: String
  private let program: Command
  private let tokens: Command?
  private let tokenLog: String
  /// Its directory has to outlive the program, which would make it anew.
  private let material: RegistryMaterial

  /// What the token server was asked, a line of JSON each.
  public var tokenRequests: [String] { lines(tokenLog) }

  /// Starts it and waits until it answers.
  public init(_ mode: Mode, _ material: RegistryMaterial) throws {
    self.material = material
    let name = UUID().uuidString.prefix(8)
    let directory = material.directory
    tokenLog = "\(directory.path)/\(name).tokens"
    var own = "\(directory.path)/\(name).data"
    var http = ""
    var auth = ""
    var isReadOnly = false
    var server: Command?
    switch mode {
    case .http: break
    case .mirror(let other):
      own = other.storage
      isReadOnly = true
    case .tls: http += Self.tls(material)
    case .clients: http += Self.tls(material).dropLast() + ", clientcas: ['\(material.authority)']}"
    case .tlsBasic:
      http += Self.tls(material)
      auth = "auth: {htpasswd: {realm: test, path: '\(directory.path)/htpasswd'}}"
    case .basic: auth = "auth: {htpasswd: {realm: test, path: '\(directory.path)/htpasswd'}}"
    case .token:
      let portFile = "\(directory.path)/\(name).port"
      let words = [
        portFile, "\(directory.path)/token.key", "\(directory.path)/token.crt", RegistryMaterial.user,
        RegistryMaterial.password, tokenLog,
      ]
      server = try Command("python3", [Self.script("token-server.py")] + words)
      let tokenPort = try waitForFile(portFile)
      auth = """
        auth: {token: {realm: 'http://127.0.0.1:\(tokenPort)/token', service: test, issuer: test-issuer, \
        rootcertbundle: '\(directory.path)/token.crt'}}
        """
    }
    storage = own
    tokens = server
    (address, program) = try Self.onFreePort("docker-registry") { port in
      let config = try directory.write(
        """
        version: 0.1
        log: {level: warn, accesslog: {disabled: true}}
        storage:
          filesystem: {rootdirectory: '\(own)'}
          delete: {enabled: true}
          maintenance: {readonly: {enabled: \(isReadOnly)}, uploadpurging: {enabled: false}}
        http: {addr: '127.0.0.1:\(port)'\(http)}
        \(auth)
        """, to: "\(name).yml")
      return try Command("docker-registry", ["serve", config], environment: ["OTEL_TRACES_EXPORTER": "none"])
    }
  }

  /// Starts a program that is told its port, and waits until it listens; answers `127.0.0.1:PORT` and the program. Between the
  /// choice of a port and its use somebody else may take it: then with another one.
  public static func onFreePort(_ what: String, _ start: (UInt16) throws -> Command) throws -> (String, Command) {
    var attempts = 0
    while true {
      attempts += 1
      let port = try freePort()
      let program = try start(port)
      try eventually("\(what) listens on port \(port)") { !program.isRunning || listens(port) }
      // Who listens there may be somebody else, and then ours ends.
      if program.isRunning { return ("127.0.0.1:\(port)", program) }
      if attempts == 5 { throw TestSupportError("\(what) ended: \(program.errorsSoFar)") }
    }
  }

  deinit {
    for command in [program, tokens].compactMap({ $0 }) {
      command.signal(SIGKILL)
      _ = command.wait()
    }
  }

  private static func tls(_ material: RegistryMaterial) -> String {
    ", tls: {certificate: '\(material.server.certificate)', key: '\(material.server.key)'}"
  }

  static func script(_ name: String) -> String {
    BuiltPrograms.repository.appendingPathComponent("Tests/Registry/\(name)").path
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  /// A port of loopback that nobody has at the moment.
  public static func freePort() throws -> UInt16 {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, size) + getsockname(fd, $0, &size) }
    }
    guard result == 0 else { throw TestSupportError("no free port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Whether somebody takes connections there.
  public static func listens(_ port: UInt16) -> Bool {
    let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(fd) }
    var address = address(port)
    var own = address
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) == 0 }
    }
    _ = withUnsafeMutablePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &size) }
    }
    // Where nobody listens a socket may be given that very port, and then it has connected to itself.
    return isConnected && own.sin_port != address.sin_port
  }
}

/// The registry that lies; Tests/Registry/lying-server.py says how.
public final class LyingRegistry: Sendable {
  /// `127.0.0.1:PORT`.
  public let address: String
  /// Of its image's manifest and its one layer.
  public let manifestDigest: String
  /// Of its image's one layer.
  public let layerDigest: String
  /// Bytes of the layer.
  public let layerSize: UInt64
  private let program: Command
  private let log: String
  private let directory: ScratchDirectory

  /// One request that it got.
  public struct Request: Decodable, Sendable {
    /// `GET` and the like.
    public var method: String
    /// With its query; whole addresses where it is asked as a proxy.
    public var path: String
    /// The header of this name.
    public var host: String?
    /// The header of this name.
    public var authorization: String?
    /// The header of this name.
    public var range: String?
    /// The header Content-Range.
    public var contentRange: String?
    /// Seconds of a clock of its own.
    public var time: Double
  }

  /// Starts it; with `tls` it speaks that.
  public init(tls material: RegistryMaterial? = nil) throws {
    directory = try ScratchDirectory("liar")
    log = directory.path + "/log"
    let portFile = directory.path + "/port"
    let certificate = material.map { [$0.server.certificate, $0.server.key] } ?? []
    program = try Command("python3", [TestRegistry.script("lying-server.py"), portFile, log] + certificate)
    let words = try waitForFile(portFile).split(separator: " ").map(String.init)
    address = "127.0.0.1:\(words[0])"
    manifestDigest = words[1]
    layerDigest = words[2]
    layerSize = UInt64(words[3]) ?? 0
  }

  deinit {
    program.signal(SIGKILL)
    _ = program.wait()
  }

  /// All requests so far, in order, whose path has `text` in it.
  public func requests(_ text: String = "") throws -> [Request] {
    try lines(log).map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }.filter { $0.path.contains(text) }
  }
}

/// A web server for the files of a directory, python's.
public final class WebServer: Sendable {
  /// `http://127.0.0.1:PORT`.
  public let address: String
  private let program: Command

  /// Starts it and waits until it answers.
  public init(of directory: String) throws {
    let (place, started) = try TestRegistry.onFreePort("a web server") { port in
      try Command("python3", ["-m", "http.server", "--bind", "127.0.0.1", "--directory", directory, "\(port)"])
    }
    address = "http://\(place)"
    program = started
  }

  deinit {
    program.signal(SIGKILL)
    _ = program.wait()
  }
}

/// A proxy that answers CONNECT alone, and leads wherever it is asked to go to one place of this host.
public final class TestProxy: Sendable {
  /// `127.0.0.1:PORT`.
  public let address: String
  private let directory: ScratchDirectory
  private let program: Command

  /// Starts one that leads to `target`, `HOST:PORT`; `login` is `USER:PASSWORD`, without which it refuses.
  public init(to target: String, login: String = "") throws {
    directory = try ScratchDirectory("proxy")
    let file = directory.path + "/port"
    program = try Command(
      "python3", [TestRegistry.script("connect-proxy.py"), file, directory.path + "/log", target, login])
    address = "127.0.0.1:\(try waitForFile(file))"
  }

  deinit {
    program.signal(SIGKILL)
    _ = program.wait()
  }

  /// What it was asked: `HOST:PORT STATUS`, a line each.
  public var requests: [String] { lines(directory.path + "/log") }
}

private func waitForFile(_ path: String) throws -> String {
  try eventually("\(path) is written") { FileManager.default.fileExists(atPath: path) }
  return try String(contentsOfFile: path, encoding: .utf8)
}

private func lines(_ path: String) -> [String] {
  String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self).split(separator: "\n").map(
    String.init)
}
