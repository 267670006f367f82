// Where credentials are found and kept on this host: docker's and containers' files, and the helpers that they name.
internal import ContainrSystem
public import SystemPackage

/// The files, in the order in which they are asked.
public struct CredentialPlaces: Sendable, Hashable {
  /// Read in order; the first that knows a registry counts.
  public var read: [FilePath]
  /// Where a login is written.
  public var write: FilePath
  /// What helpers are run with.
  public var environment: [String: String]

  /// Of an environment: `REGISTRY_AUTH_FILE` alone if it is set; else docker's (`DOCKER_CONFIG`, `~/.docker`), then
  /// containers' (`XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`).
  public init(environment: [String: String]) {
    func path(_ name: String) -> FilePath? {
      environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) }
    }
    self.environment = environment
    if let file = path("REGISTRY_AUTH_FILE") {
      read = [file]
      write = file
      return
    }
    let home = path("HOME") ?? "/root"
    write = (path("DOCKER_CONFIG") ?? home.appending(".docker")).appending("config.json")
    read = [write]
    if let runtime = path("XDG_RUNTIME_DIR") { read.append(runtime.appending("containers/auth.json")) }
    read.append((path("XDG_CONFIG_HOME") ?? home.appending(".config")).appending("containers/auth.json"))
  }
}

/// What became of a login.
public struct StoredCredentials: Sendable, Hashable {
  /// The file that was written.
  public var file: FilePath
  /// The helper that has them; nil: they stand in the file, where everybody can read them who can read the file.
  public var helper: String?
}

/// The credentials of this host.
public struct CredentialStore: Sendable {
  private static let fileLimit = 4 << 20

  private let places: CredentialPlaces?
  private let fixed: [String: Credentials]

  /// Those of files. Nothing is read before it is asked for.
  public init(_ places: CredentialPlaces) {
    self.places = places
    fixed = [:]
  }

  /// Only these, by registry: to try them, or for none at all.
  public init(only credentials: [String: Credentials]) {
    places = nil
    fixed = credentials
  }

  /// The credentials for a repository of a registry; nil: none, ask as nobody.
  public func credentials(for registry: String, repository: String = "") throws(RegistryError) -> Credentials? {
    guard let places else { return fixed[registry] }
    for path in places.read {
      guard let file = try Self.file(path) else { continue }
      if case .helper(let name) = file.keeper(of: registry) {
        let helper = try CredentialHelper(name: name, environment: places.environment)
        if let found = try helper.get(CredentialFile.key(of: registry)) { return found }
      }
      if let found = file.credentials(for: registry, repository: repository) { return found }
    }
    return nil
  }

  /// Keeps credentials: in the helper that the file names, or in the file. What else is in the file stays.
  public func store(_ credentials: Credentials, for registry: String) throws(RegistryError) -> StoredCredentials {
    guard let places else { throw RegistryError(.configuration, "there is no place to keep credentials") }
    return try Self.changing(places.write) { (file) throws(RegistryError) in
      guard case .helper(let name) = file.keeper(of: registry) else {
        file.set(credentials, for: registry)
        return StoredCredentials(file: places.write, helper: nil)
      }
      let helper = try CredentialHelper(name: name, environment: places.environment)
      try helper.store(credentials, for: CredentialFile.key(of: registry))
      file.mark(registry)
      return StoredCredentials(file: places.write, helper: name)
    }
  }

  /// Forgets the credentials of a registry in the file that logins are written to and in its helper; false: there were none.
  public func erase(_ registry: String) throws(RegistryError) -> Bool {
    guard let places else { return false }
    guard let there = try Self.file(places.write) else { return false }
    var isErased = false
    if case .helper(let name) = there.keeper(of: registry) {
      let helper = try CredentialHelper(name: name, environment: places.environment)
      isErased = try helper.erase(CredentialFile.key(of: registry))
    }
    var changed = there
    guard changed.remove(registry) else { return isErased }
    return try Self.changing(places.write) { (file) throws(RegistryError) in
      file.remove(registry)
      return true
    }
  }

  // MARK: files

  private static func file(_ path: FilePath) throws(RegistryError) -> CredentialFile? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes = try Kernel.contents(of: path, limit: fileLimit)
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw RegistryError(.configuration, "the file of logins cannot be read: \(error)")
    }
    return try CredentialFile(bytes, name: path.string)
  }

  private static func changing<Result>(
    _ path: FilePath, _ body: (inout CredentialFile) throws(RegistryError) -> Result
  ) throws(RegistryError) -> Result {
    do {
      try Kernel.makeDirectories(path.removingLastComponent(), mode: 0o700)
      // Two logins at once would each write what the other had not yet written.
      let lock = try FileLock(FilePath("\(path).lock"))
      let target = try resolved(path)
      var file = try self.file(path) ?? CredentialFile()
      let result = try body(&file)
      try Kernel.replace(target, with: file.bytes, mode: 0o600, durable: true)
      try lock.removeFile()
      return result
    } catch let error as RegistryError {
      throw error
    } catch {
      throw RegistryError(.local, "the login cannot be written to \(path): \(error)")
    }
  }

  /// The file behind links: people keep their config.json elsewhere and link it.
  private static func resolved(_ path: FilePath) throws(SyscallError) -> FilePath {
    do {
      let file = try Kernel.open(path, .path)
      return FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(file.raw)")))
    } catch {
      if error.errno == 2 { return path }
      throw error
    }
  }
}
