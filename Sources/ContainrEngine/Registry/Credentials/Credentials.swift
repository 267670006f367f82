// Who asks a registry. Values that are never printed.

/// A user's credentials for one registry.
public struct Credentials: Sendable, Hashable {
  /// May be empty beside an identity token.
  public var user: String
  /// The password; nil beside an identity token.
  public var password: String?
  /// OAuth2's refresh token in the place of a password.
  public var identityToken: String?

  /// A user with a password.
  public init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// An identity token.
  public init(user: String, identityToken: String) {
    self.user = user
    self.identityToken = identityToken
  }

  /// The value of an Authorization header; nil without a password.
  var basic: String? {
    guard let password else { return nil }
    return "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
  }
}
