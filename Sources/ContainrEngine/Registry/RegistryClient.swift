// The client: every request goes through `send`, which knows how a registry wants to be asked. Blocking; any thread may
// call. Knows no store.
public import ContainrImageSpec
internal import Synchronization

/// A repository of one registry, as it is asked: of a mirror it may have a prefix.
public struct RegistryRepository: Sendable, Hashable, CustomStringConvertible {
  /// `docker.io`, `localhost:5000`.
  public var registry: String
  /// `library/nginx`.
  public var name: String

  /// With its values.
  public init(registry: String, name: String) {
    self.registry = registry
    self.name = name
  }

  /// `docker.io/library/nginx`.
  public var description: String { "\(registry)/\(name)" }
}

/// A client of any number of registries.
public final class RegistryClient: Sendable {
  /// The most bytes of a manifest or index (what registries themselves take).
  public static let manifestLimit = 4 << 20

  /// What it goes by.
  public let settings: RegistrySettings
  let http: HTTPClient
  private let store: CredentialStore
  private let sessions = Mutex<[String: RegistrySession]>([:])

  /// Costs nothing: libcurl comes with the first request.
  public init(_ settings: RegistrySettings, credentials: CredentialStore) {
    self.settings = settings
    http = HTTPClient(settings)
    store = credentials
  }

  /// Where an image may be had, in the order in which to ask: mirrors, then its registry.
  public func pullSources(_ image: ImageReference) -> [RegistryRepository] {
    let mirrors = settings.registries[image.registry]?.mirrors ?? []
    return mirrors.map {
      RegistryRepository(
        registry: $0.registry, name: $0.prefix.isEmpty ? image.repository : "\($0.prefix)/\(image.repository)")
    } + [RegistryRepository(registry: image.registry, name: image.repository)]
  }

  /// What a registry said last of its limits; nil if it said nothing.
  public func rateLimit(of registry: String) -> RateLimit? { session(registry).rateLimit }

  func session(_ registry: String) -> RegistrySession {
    sessions.withLock { sessions in
      if let there = sessions[registry] { return there }
      let new = RegistrySession(registry, http, store)
      sessions[registry] = new
      return new
    }
  }

  // MARK: requests

  /// One request of a repository.
  struct Call {
    var repository: RegistryRepository
    var actions: Set<String>
    /// Other repositories of which something is read.
    var others: [String] = []
    var method: String
    /// Below the repository: `manifests/latest`; or a whole address that the registry gave.
    var place: Place
    var headers: [(name: String, value: String)] = []
    var body = HTTPRequest.Body.none
    /// For messages: `image docker.io/library/nginx:1.27`.
    var what: String

    enum Place {
      case path(String)
      case address(WebAddress)
    }
  }

  /// Sends with authorization, by `exchange`, which may be patient or not. The answer may be any but 401.
  func send(_ call: Call, _ exchange: (HTTPRequest) throws -> HTTPAnswer) throws -> HTTPAnswer {
    let session = session(call.repository.registry)
    let known = try session.discover()
    let address: WebAddress
    switch call.place {
    case .path(let path):
      guard let whole = WebAddress("\(known.base)\(call.repository.name)/\(path)") else {
        throw RegistryError(.configuration, "there can be no \(call.what)")
      }
      address = whole
    case .address(let whole): address = whole
    }
    var request = HTTPRequest(method: call.method, address: address, headers: call.headers, body: call.body)
    var challenges = known.challenges
    var scopes = [TokenScope.repository(call.repository.name, call.actions)]
    scopes += call.others.map { .repository($0, ["pull"]) }
    for round in 0..<3 {
      request.headers = call.headers
      var authorization: String?
      // What the registry sends elsewhere to is not for its credentials.
      if address.origin == known.base.origin {
        authorization = try session.authorization(challenges, scopes, repository: call.repository.name)
      }
      if let authorization { request.headers.append(("Authorization", authorization)) }
      let answer = try exchange(request)
      session.note(answer.head)
      guard answer.head.status == 401, answer.address.origin == known.base.origin else { return answer }
      let asked = AuthChallenge.all(in: answer.head.all("www-authenticate"))
      let isBasic = authorization?.hasPrefix("Basic ") == true
      // A password does not get better, and neither does a second new token.
      if round == 2 || isBasic || asked.isEmpty { throw try refused(call, answer, session) }
      if authorization == nil && asked.allSatisfy({ $0.scheme == "basic" }) && round > 0 {
        throw try refused(call, answer, session)
      }
      challenges = asked
      for challenge in asked { scopes += TokenScope.all(in: challenge.parameters["scope"] ?? "") }
      scopes = TokenScope.merged(scopes)
      session.forget(authorization)
    }
    throw RegistryError(.unauthorized, "\(call.repository.registry) does not give \(call.what)")
  }

  /// The same to the end, with patience; anything but a success is an error.
  func ask(_ call: Call, limit: Int) throws -> HTTPAnswer {
    let answer = try send(call) { try http.exchangePatiently($0, limit: limit, what: call.what) }
    if !answer.head.isSuccess { throw meaning(of: answer, call) }
    return answer
  }

  /// The error of an answer, with what to do about it.
  func meaning(of answer: HTTPAnswer, _ call: Call) -> RegistryError {
    var error = AnswerMeaning.error(answer, what: call.what)
    if [.unauthorized, .denied].contains(error.kind) { error.help = LoginHelp.text(call.repository.registry) }
    return error
  }

  private func refused(_ call: Call, _ answer: HTTPAnswer, _ session: RegistrySession) throws -> RegistryError {
    let registry = call.repository.registry
    var error = meaning(of: answer, call)
    if let credentials = try session.credentials(for: call.repository.name) {
      let who = credentials.user.isEmpty ? "the login that is kept for it" : "the login of '\(credentials.user)'"
      error.message = "\(registry) does not accept \(who) for \(call.what)"
    } else {
      error.message = "\(registry) does not give \(call.what) without a login, or there is none"
    }
    return error
  }
}
