// docker-credential-NAME: a program that keeps credentials (docker/docker-credential-helpers' protocol: a word as argument,
// text on standard input, JSON on standard output).
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

/// One helper.
struct CredentialHelper: Sendable {
  /// Milliseconds: it may ask a person for a password of its own.
  private static let patience: UInt64 = 120_000
  private static let answerLimit = 1 << 20

  /// What comes after `docker-credential-`.
  let name: String
  private let program: FilePath
  private let environment: [String: String]

  /// Looks the program up in the environment's PATH.
  init(name: String, environment: [String: String]) throws(RegistryError) {
    let isSane =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
      }
    guard isSane else { throw RegistryError(.configuration, "'\(name)' is no credential helper's name") }
    let path = environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    for directory in path.split(separator: ":") where directory.hasPrefix("/") {
      let candidate = FilePath(String(directory)).appending("docker-credential-\(name)")
      do throws(SyscallError) {
        let status = try Kernel.status(of: candidate)
        if status.isRegular && status.mode & 0o111 != 0 {
          self.name = name
          program = candidate
          self.environment = environment
          return
        }
      } catch {
        // Not there: the next directory.
      }
    }
    throw RegistryError(
      .configuration, "the credential helper docker-credential-\(name) is not in PATH",
      help: "install it, or take it out of config.json (credsStore, credHelpers)")
  }

  /// The credentials of a server; nil if it has none.
  func get(_ server: String) throws(RegistryError) -> Credentials? {
    let (status, output) = try call("get", Array(server.utf8))
    guard status == .exited(0) else {
      let words = String(decoding: output, as: UTF8.self)
      // The protocol has no other sign of it.
      if words.contains("credentials not found") { return nil }
      throw failure("get", words)
    }
    do {
      let reader = try JSONReader(try JSONValue(output))
      guard let user = try reader.string("Username"), let secret = try reader.string("Secret"), !secret.isEmpty else {
        return nil
      }
      if user == "<token>" { return Credentials(user: "", identityToken: secret) }
      return Credentials(user: user, password: secret)
    } catch {
      throw RegistryError(.local, "docker-credential-\(name) get answers with what is no JSON of credentials")
    }
  }

  /// Gives it the credentials of a server to keep.
  func store(_ credentials: Credentials, for server: String) throws(RegistryError) {
    let text = JSONValue.object([
      JSONMember("ServerURL", .string(server)),
      JSONMember("Username", .string(credentials.identityToken == nil ? credentials.user : "<token>")),
      JSONMember("Secret", .string(credentials.identityToken ?? credentials.password ?? "")),
    ]).text()
    let (status, output) = try call("store", Array(text.utf8))
    if status != .exited(0) { throw failure("store", String(decoding: output, as: UTF8.self)) }
  }

  /// Has it forget a server; false if it had nothing.
  func erase(_ server: String) throws(RegistryError) -> Bool {
    let (status, output) = try call("erase", Array(server.utf8))
    if status == .exited(0) { return true }
    let words = String(decoding: output, as: UTF8.self)
    if words.contains("credentials not found") { return false }
    throw failure("erase", words)
  }

  private func failure(_ word: String, _ output: String) -> RegistryError {
    let line = output.split(separator: "\n").first.map { String($0.prefix(300)) } ?? "without a word"
    return RegistryError(.local, "docker-credential-\(name) \(word) failed: \(line)")
  }

  private func call(_ word: String, _ input: [UInt8]) throws(RegistryError) -> (ExitStatus?, [UInt8]) {
    do throws(SyscallError) {
      // A file, not a pipe: a helper that does not read must not keep us.
      let memory = try Kernel.sealedMemory(named: "credentials", input)
      // Opened anew, which begins at the start.
      let given = try Kernel.open(FilePath("/proc/self/fd/\(memory.raw)"))
      return try run(word, given)
    } catch {
      throw RegistryError(.local, "docker-credential-\(name) \(word): \(error)")
    }
  }

  private func run(_ word: String, _ input: borrowing OwnedFD) throws(SyscallError) -> (ExitStatus?, [UInt8]) {
    let ends = try Kernel.pipe().release()
    let reading = OwnedFD(taking: ends.read)
    let child: ChildProcess
    do {
      let writing = OwnedFD(taking: ends.write)
      child = try ChildProcess.spawn(
        program, arguments: [program.string, word], environment: environment.map { "\($0.key)=\($0.value)" },
        descriptors: [input.raw, writing.raw, 2])
    }
    do {
      let output = try reading.readAll(within: Self.patience, limit: Self.answerLimit)
      return (try child.wait(), output)
    } catch {
      try child.kill()
      _ = try child.wait()
      throw error
    }
  }
}
