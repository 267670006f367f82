// One registry while a client lives: its address, how it wants to be asked, the tokens it gave. Threads share it.
internal import ContainrSystem
internal import Synchronization

/// What is known of one registry.
final class RegistrySession: Sendable {
  struct Known: Sendable {
    /// `https://host/v2/`.
    var base: WebAddress
    var challenges: [AuthChallenge]
  }

  private struct Secrets {
    /// By repository: nil is known to be nobody.
    var credentials: [String: Credentials?] = [:]
    var tokens: [BearerToken] = []
    /// A refresh token that a token server gave for a password.
    var rateLimit: RateLimit?
  }

  /// As people name it: `docker.io`.
  let registry: String
  private let http: HTTPClient
  private let store: CredentialStore
  // Held during the request that finds out: who comes meanwhile needs the same answer.
  private let known = Mutex<Known?>(nil)
  private let secrets = Mutex(Secrets())
  // Held during a request for a token, so that four layers do not ask for four.
  private let tokenTurn = Mutex(())

  init(_ registry: String, _ http: HTTPClient, _ store: CredentialStore) {
    self.registry = registry
    self.http = http
    self.store = store
  }

  /// What the registry said last of its limits.
  var rateLimit: RateLimit? { secrets.withLock { $0.rateLimit } }

  func note(_ head: HTTPHead) {
    if let limit = RateLimit(head) { secrets.withLock { $0.rateLimit = limit } }
  }

  // MARK: finding out

  /// Asks the registry who it is, once (distribution-spec, end-1).
  func discover() throws -> Known {
    try known.withLock { known in
      if let known { return known }
      let found = try ask()
      known = found
      return found
    }
  }

  private func ask() throws -> Known {
    let host = registry == "docker.io" ? "registry-1.docker.io" : registry
    let isInsecure = http.settings.isInsecure(registry)
    // Docker takes plain HTTP from this host itself; TLS that answers there is still held to its word.
    let mayBePlain = isInsecure || Loopback.contains(registry: host)
    guard let secure = WebAddress("https://\(host)/v2/"), let plain = WebAddress("http://\(host)/v2/") else {
      throw RegistryError(.configuration, "'\(registry)' is no registry's host[:port]")
    }
    do {
      return try ping(secure, patiently: !mayBePlain)
    } catch let error as RegistryError where mayBePlain && Self.hasNoTLS(error, onUsualPort: host == secure.origin.host)
    {
      do { return try ping(plain, patiently: true) } catch let second as RegistryError {
        guard error.kind != .plainHTTP else { throw second }
        var both = second
        both.notes.append("by HTTPS: \(error.message)")
        throw both
      }
    }
  }

  /// Whether an attempt with TLS failed in a way that plain HTTP may not: a certificate that is not trusted is none.
  private static func hasNoTLS(_ error: RegistryError, onUsualPort: Bool) -> Bool {
    switch error.kind {
    case .plainHTTP: true
    case .tls: error.transience == .once
    // Port 80 may listen where 443 does not; one port is only one.
    case .unreachable: onUsualPort || error.transience == .often
    default: false
    }
  }

  private func ping(_ address: WebAddress, patiently: Bool) throws -> Known {
    let request = HTTPRequest(method: "GET", address: address)
    let what = "registry API at \(address.origin)"
    let answer =
      patiently
      ? try http.exchangePatiently(request, limit: 1 << 20, what: what) : try http.exchange(request, limit: 1 << 20)
    note(answer.head)
    let challenges = AuthChallenge.all(in: answer.head.all("www-authenticate"))
    switch answer.head.status {
    case 200...299: return Known(base: address, challenges: challenges)
    case 401:
      guard challenges.contains(where: { ["basic", "bearer"].contains($0.scheme) }) else {
        throw RegistryError(.invalidAnswer, "\(registry) wants a login of a kind that is not known here")
      }
      return Known(base: address, challenges: challenges)
    // Behind a wall that lets only named repositories through.
    case 403: return Known(base: address, challenges: challenges)
    case 404:
      throw RegistryError(
        .unsupported, "\(registry) is no registry: it has no /v2/", notes: AnswerMeaning.words(answer.body))
    default: throw AnswerMeaning.error(answer, what: what)
    }
  }

  // MARK: authorization

  /// The credentials for a repository; nil: nobody.
  func credentials(for repository: String) throws -> Credentials? {
    if let there = secrets.withLock({ $0.credentials[repository] }) { return there }
    let found = try store.credentials(for: registry, repository: repository)
    secrets.withLock { $0.credentials[repository] = .some(found) }
    return found
  }

  /// The Authorization header for scopes by what the registry asks for; nil: none is wanted, or there is none to give.
  func authorization(
    _ challenges: [AuthChallenge], _ scopes: [TokenScope], repository: String
  ) throws -> String? {
    let credentials = try credentials(for: repository)
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
      return "Bearer \(try token(bearer, scopes, credentials).text)"
    }
    return challenges.contains { $0.scheme == "basic" } ? credentials?.basic : nil
  }

  /// A token that the registry refused is asked for anew.
  func forget(_ header: String?) {
    guard let header else { return }
    secrets.withLock { $0.tokens.removeAll { header == "Bearer \($0.text)" } }
  }

  /// A token of the server that a challenge names, with at least these scopes.
  func token(
    _ challenge: AuthChallenge, _ scopes: [TokenScope], _ credentials: Credentials?
  ) throws -> BearerToken {
    try tokenTurn.withLock { _ in
      let needed = TokenScope.merged(scopes)
      let now = Kernel.monotonicTime()
      let there = secrets.withLock { secrets in
        secrets.tokens.removeAll { $0.expiry <= now }
        return secrets.tokens.first { $0.isGood(for: needed, now: now) }
      }
      if let there { return there }
      let fresh = try TokenRequest(registry: registry, challenge: challenge, scopes: needed, credentials: credentials)
        .send(http, isInsecure: http.settings.isInsecure(registry) || Loopback.contains(registry: registry))
      secrets.withLock { $0.tokens.append(fresh) }
      return fresh
    }
  }
}
