// Answers that are no success, in words (distribution-spec, "Error Codes"). Pure.
internal import ContainrJSON

/// What a refusal means.
enum AnswerMeaning {
  /// The error of an answer that may be another one later; nil for all others.
  static func transient(_ answer: HTTPAnswer, what: String) -> RegistryError? {
    let status = answer.head.status
    guard status == 429 || status == 408 || status >= 500 && status != 501 && status != 505 else { return nil }
    return error(answer, what: what)
  }

  /// The error of an answer that is no success. `what` is what was asked for: `image docker.io/library/nginx:1.27`.
  static func error(_ answer: HTTPAnswer, what: String) -> RegistryError {
    let head = answer.head
    let host = answer.address.origin.authority
    var error: RegistryError
    switch head.status {
    case 401:
      error = RegistryError(.unauthorized, "\(host) does not give \(what) without a login")
    case 403: error = RegistryError(.denied, "\(host) does not allow it: \(what)")
    case 404: error = RegistryError(.notFound, "\(host) has no \(what)")
    case 429:
      error = RegistryError(
        .rateLimited, "\(host) answers no more requests at this time: its rate limit is reached (\(what))",
        help: "wait, log in (containr login), or name a mirror in \(RegistriesFile.defaultPath)")
      error.transience = .often
      if let limit = RateLimit(head) { error.notes.append(limit.description) }
    case 405, 415, 501: error = RegistryError(.unsupported, "\(host) cannot do that: \(what)")
    case 408, 500...599:
      error = RegistryError(.unavailable, "\(host) is in trouble (HTTP \(head.status)): \(what)")
      if head.status != 505 { error.transience = .often }
    default: error = RegistryError(.invalidAnswer, "\(host) answers HTTP \(head.status): \(what)")
    }
    error.retryAfter = head.first("retry-after").flatMap { BackOff.seconds(retryAfter: $0, date: head.first("date")) }
    if let seconds = error.retryAfter { error.notes.append("it asks to wait \(seconds) s") }
    error.notes += words(answer.body)
    return error
  }

  /// The registry's own words, at most three errors of 300 letters.
  static func words(_ body: [UInt8]) -> [String] {
    let value: JSONValue
    do throws(JSONSyntaxError) { value = try JSONValue(body) } catch { return [] }
    var found: [String] = []
    do throws(JSONShapeError) {
      let reader = try JSONReader(value)
      for inner in try reader.objects("errors").prefix(3) {
        let parts = [try inner.string("code"), try inner.string("message")].compactMap { $0 }.filter { !$0.isEmpty }
        if !parts.isEmpty { found.append("it says: \(parts.joined(separator: ": ").prefix(300))") }
      }
      // What token servers answer (RFC 6749, 5.2), and docker's older form.
      for key in ["error_description", "details", "message"] where found.isEmpty {
        if let text = try reader.string(key), !text.isEmpty { found.append("it says: \(text.prefix(300))") }
      }
    } catch {
      // Words of another shape are no words.
    }
    return found
  }
}

/// How much a registry still gives (`ratelimit-limit: 100;w=21600`).
public struct RateLimit: Sendable, Hashable, CustomStringConvertible {
  /// Requests in a window.
  public var limit: Int
  /// Requests that are left.
  public var remaining: Int
  /// The window; seconds.
  public var windowSeconds: Int?

  /// nil if the answer does not tell.
  init?(_ head: HTTPHead) {
    func parts(_ name: String) -> (Int, Int?)? {
      guard let fields = head.first(name)?.split(separator: ";"), let count = fields.first.flatMap({ Int($0) }) else {
        return nil
      }
      let window = fields.dropFirst().first { $0.hasPrefix("w=") }.flatMap { Int($0.dropFirst(2)) }
      return (count, window)
    }
    guard let (remaining, window) = parts("ratelimit-remaining") else { return nil }
    let whole = parts("ratelimit-limit")
    self.remaining = remaining
    limit = whole?.0 ?? remaining
    windowSeconds = window ?? whole?.1
  }

  /// `76 of 100 requests are left in 6 h`.
  public var description: String {
    let window = windowSeconds.map { $0 % 3600 == 0 ? " in \($0 / 3600) h" : " in \($0) s" } ?? ""
    return "\(remaining) of \(limit) requests are left\(window)"
  }
}
