// Whether credentials are any good: asked before they are kept.

/// What a login found out.
public struct LoginAnswer: Sendable, Hashable {
  /// The registry answers everybody.
  public var asksNobody: Bool
  /// What to keep: an identity token in the place of the password where the registry gives one.
  public var credentials: Credentials
}

extension RegistryClient {
  /// Shows credentials to a registry. Those that it does not accept are an error.
  public func tryLogin(_ credentials: Credentials, to registry: String) throws -> LoginAnswer {
    let session = session(registry)
    let known = try session.discover()
    if let bearer = known.challenges.first(where: { $0.scheme == "bearer" }) {
      let isInsecure = settings.isInsecure(registry) || Loopback.contains(registry: registry)
      let token = try TokenRequest(
        registry: registry, challenge: bearer, scopes: [], credentials: credentials, wantsRefresh: true
      ).send(http, isInsecure: isInsecure)
      guard let refresh = token.refresh else { return LoginAnswer(asksNobody: false, credentials: credentials) }
      return LoginAnswer(
        asksNobody: false, credentials: Credentials(user: credentials.user, identityToken: refresh))
    }
    guard known.challenges.contains(where: { $0.scheme == "basic" }), let basic = credentials.basic else {
      return LoginAnswer(asksNobody: true, credentials: credentials)
    }
    let request = HTTPRequest(method: "GET", address: known.base, headers: [("Authorization", basic)])
    let answer = try http.exchangePatiently(request, limit: 1 << 20, what: "login")
    if answer.head.isSuccess { return LoginAnswer(asksNobody: false, credentials: credentials) }
    if [401, 403].contains(answer.head.status) {
      throw RegistryError(
        .unauthorized, "\(registry) does not accept the user '\(credentials.user)' with this password",
        notes: AnswerMeaning.words(answer.body))
    }
    throw AnswerMeaning.error(answer, what: "login")
  }
}
