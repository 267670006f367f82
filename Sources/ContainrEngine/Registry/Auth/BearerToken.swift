// A token as a token server answers it (distribution's token specification; OAuth2's form has other names). Pure.
internal import ContainrJSON

/// A token and how long it is good.
struct BearerToken: Sendable, Hashable {
  /// Goes into the header as it is; visible ASCII.
  var text: String
  /// What it was asked for.
  var scopes: [TokenScope]
  /// CLOCK_MONOTONIC, nanoseconds.
  var expiry: UInt64
  /// What gets new tokens without a password, if the server gave one.
  var refresh: String?

  /// Reads an answer that came now.
  init(_ body: [UInt8], scopes: [TokenScope], now: UInt64) throws(RegistryError) {
    let token: String?
    let seconds: UInt64
    do {
      let reader = try JSONReader(try JSONValue(body))
      token = try reader.string("token") ?? reader.string("access_token")
      // "For compatibility with older clients", what says nothing is good for a minute, and so is everything.
      seconds = max(60, min(try reader.number("expires_in") ?? 60, 86400))
      refresh = try reader.string("refresh_token").flatMap { $0.isEmpty ? nil : $0 }
    } catch {
      throw RegistryError(.invalidAnswer, "the token server answers with what is no token")
    }
    guard let token, !token.isEmpty, token.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw RegistryError(.invalidAnswer, "the token server answers with what is no token")
    }
    text = token
    self.scopes = scopes
    // A tenth earlier, that it does not end on the way: clocks and answers take their time.
    expiry = now + seconds * 900_000_000
  }

  func isGood(for needed: [TokenScope], now: UInt64) -> Bool { now < expiry && TokenScope.covers(scopes, needed) }
}
