// Asks a token server (distribution's token specification: GET with basic authentication, or POST with OAuth2's form).
internal import ContainrSystem

/// One request for a token.
struct TokenRequest {
  private static let answerLimit = 1 << 20

  var registry: String
  var challenge: AuthChallenge
  var scopes: [TokenScope]
  var credentials: Credentials?
  /// Ask for a refresh token as well, to be kept in the place of the password.
  var wantsRefresh = false

  func send(_ http: HTTPClient, isInsecure: Bool) throws -> BearerToken {
    guard let text = challenge.parameters["realm"], let realm = WebAddress(text) else {
      throw RegistryError(.invalidAnswer, "\(registry) names no token server that could be asked (realm)")
    }
    // The password would go in the clear because a server says so.
    if !realm.isSecure && !isInsecure {
      throw RegistryError(
        .plainHTTP, "\(registry) has its tokens from \(realm.origin), which is not HTTPS",
        help: "if that is meant, name \(registry) insecure: \(RegistriesFile.insecureHelp(registry))")
    }
    let request = try self.request(realm)
    let answer = try http.exchangePatiently(request, limit: Self.answerLimit, what: "token")
    if answer.head.isSuccess { return try BearerToken(answer.body, scopes: scopes, now: Kernel.monotonicTime()) }
    // OAuth2 has 400 for a grant that is no good.
    guard [400, 401, 403].contains(answer.head.status) else {
      throw AnswerMeaning.error(answer, what: "token of \(registry)")
    }
    let who = credentials.map { $0.user.isEmpty ? "the login that is kept for it" : "the login of '\($0.user)'" }
    throw RegistryError(
      .unauthorized, "\(registry) does not accept \(who ?? "a request without a login")",
      notes: AnswerMeaning.words(answer.body), help: LoginHelp.text(registry))
  }

  private func request(_ realm: WebAddress) throws -> HTTPRequest {
    var items: [(String, String)] = []
    if let service = challenge.parameters["service"] { items.append(("service", service)) }
    if let token = credentials?.identityToken {
      items += [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "containr")]
      if !scopes.isEmpty { items.append(("scope", scopes.map(\.description).joined(separator: " "))) }
      let form = items.map { "\($0.0)=\(WebAddress.encoded($0.1))" }.joined(separator: "&")
      return HTTPRequest(
        method: "POST", address: realm, headers: [("Content-Type", "application/x-www-form-urlencoded")],
        body: .bytes(Array(form.utf8)))
    }
    items += scopes.map { ("scope", $0.description) }
    if let user = credentials?.user, !user.isEmpty { items.append(("account", user)) }
    if wantsRefresh { items += [("offline_token", "true"), ("client_id", "containr")] }
    var address = realm
    for (name, value) in items {
      guard let longer = address.adding(query: name, value) else {
        throw RegistryError(.invalidAnswer, "\(registry) names a token server whose address is too long")
      }
      address = longer
    }
    let headers = credentials?.basic.map { [(name: "Authorization", value: $0)] } ?? []
    return HTTPRequest(method: "GET", address: address, headers: headers)
  }
}

/// What to type.
enum LoginHelp {
  static func text(_ registry: String) -> String {
    registry == "docker.io" ? "containr login" : "containr login \(registry)"
  }
}
