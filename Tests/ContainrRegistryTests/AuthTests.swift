// What servers ask for, and what is asked of token servers: pure.
import Testing

@testable import ContainrRegistry

struct AuthTests {
  @Test func `a bearer challenge is read with quotes, commas in values and blanks`() {
    let all = AuthChallenge.all(in: [
      #"Bearer realm="https://auth.example/token",service="registry.example", scope="repository:a/b:pull,push""#
    ])
    #expect(
      all == [
        AuthChallenge(
          scheme: "bearer",
          parameters: [
            "realm": "https://auth.example/token", "service": "registry.example", "scope": "repository:a/b:pull,push",
          ])
      ])
  }

  @Test func `several challenges in one line and in several are all read`() {
    let all = AuthChallenge.all(in: [#"Basic realm="a, b", Bearer realm="x""#, "Negotiate", "NTLM ,, Digest  realm=y"])
    #expect(all.map(\.scheme) == ["basic", "bearer", "negotiate", "ntlm", "digest"])
    #expect(all[0].parameters == ["realm": "a, b"])
    #expect(all[1].parameters == ["realm": "x"])
    #expect(all[4].parameters == ["realm": "y"])
  }

  @Test func `escapes in a quoted value are undone, and of two parameters of a name the first counts`() {
    let all = AuthChallenge.all(in: [#"Bearer realm="a\"b\\c",Realm=second"#])
    #expect(all == [AuthChallenge(scheme: "bearer", parameters: ["realm": #"a"b\c"#])])
  }

  @Test(arguments: ["", ",,,", "=", "\"", "Bearer realm=\"unended", "Bearer =x", "\u{1}\u{2}", "a=b"])
  func `what is no challenge is passed over, and reading ends`(_ line: String) {
    for challenge in AuthChallenge.all(in: [line]) { #expect(!challenge.scheme.isEmpty) }
  }

  @Test func `scopes of one repository become one, sorted`() {
    let merged = TokenScope.merged([
      .repository("b", ["push"]), .repository("a", ["pull"]), .repository("b", ["pull"]),
    ])
    #expect(merged.map(\.description) == ["repository:a:pull", "repository:b:pull,push"])
  }

  @Test func `a scope is enough for less of the same repository, and for nothing of another`() {
    let held = [TokenScope.repository("a", ["pull", "push"])]
    #expect(TokenScope.covers(held, [.repository("a", ["pull"])]))
    #expect(!TokenScope.covers(held, [.repository("a", ["delete"])]))
    #expect(!TokenScope.covers(held, [.repository("b", ["pull"])]))
  }

  @Test func `a scope is read with colons in its name, and refused without three parts`() {
    #expect(TokenScope("repository:host:5000/a:pull,push") == .repository("host:5000/a", ["pull", "push"]))
    for text in ["", "repository", "repository:a", "::", "a::b"] { #expect(TokenScope(text) == nil) }
    #expect(TokenScope.all(in: "repository:a:pull nothing registry:catalog:*").count == 2)
  }

  @Test func `a token is read by either name and is good until shortly before its end`() throws {
    let token = try BearerToken(
      Array(#"{"access_token": "abc", "expires_in": 100, "refresh_token": "r"}"#.utf8),
      scopes: [.repository("a", ["pull"])], now: 1000)
    #expect(token.text == "abc")
    #expect(token.refresh == "r")
    #expect(token.isGood(for: [.repository("a", ["pull"])], now: 89_000_000_000))
    #expect(!token.isGood(for: [.repository("a", ["pull"])], now: 91_000_000_000))
    #expect(!token.isGood(for: [.repository("a", ["push"])], now: 1001))
    let short = try BearerToken(Array(#"{"token": "abc", "expires_in": 1}"#.utf8), scopes: [], now: 0)
    #expect(short.isGood(for: [], now: 50_000_000_000))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"token": ""}"#, #"{"token": 5}"#, #"{"token": "a b"}"#, #"{"token": "a\r\nX: y"}"#,
  ])
  func `what is no token is refused, above all one that would end its header`(_ text: String) {
    #expect(throws: RegistryError.self) { try BearerToken(Array(text.utf8), scopes: [], now: 0) }
  }
}

struct BackOffTests {
  @Test func `waits double up to their cap, and end after the last attempt`() {
    var backOff = BackOff()
    backOff.attempts = 5
    backOff.baseMilliseconds = 100
    backOff.capMilliseconds = 300
    let longest = (1...5).map { backOff.wait(after: $0, retryAfter: nil, dice: { $0 }) }
    #expect(longest == [100, 200, 300, 300, nil])
    let shortest = (1...5).map { backOff.wait(after: $0, retryAfter: nil, dice: { _ in 0 }) }
    #expect(shortest == [50, 100, 150, 150, nil])
  }

  @Test func `Retry-After is kept to, unless it asks for more than there is patience`() {
    let backOff = BackOff()
    #expect(backOff.wait(after: 1, retryAfter: 7, dice: { _ in 0 }) == 7000)
    #expect(backOff.wait(after: 1, retryAfter: 0, dice: { _ in 0 }) == 0)
    #expect(backOff.wait(after: 1, retryAfter: 3600, dice: { _ in 0 }) == nil)
  }

  @Test func `Retry-After is seconds, or a date beside the server's own`() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    #expect(HTTPDate.seconds(date) == 784_111_777)
    #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(HTTPDate.seconds("Thu, 29 Feb 2024 12:00:00 GMT") == 1_709_208_000)
    #expect(BackOff.seconds(retryAfter: "12", date: nil) == 12)
    #expect(BackOff.seconds(retryAfter: "Sun, 06 Nov 1994 08:50:00 GMT", date: date) == 23)
    #expect(BackOff.seconds(retryAfter: date, date: "Sun, 06 Nov 1994 08:50:00 GMT") == 0)
    #expect(BackOff.seconds(retryAfter: date, date: nil) == nil)
    #expect(BackOff.seconds(retryAfter: "soon", date: date) == nil)
  }

  @Test func `rate limits are read with their window`() {
    let head = HTTPHead(
      status: 200, headers: [("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "76;w=21600")])
    #expect(RateLimit(head)?.description == "76 of 100 requests are left in 6 h")
    #expect(RateLimit(HTTPHead(status: 200, headers: [])) == nil)
  }

  @Test func `the registry's own words are taken from its errors, and from nothing else`() {
    let body = #"{"errors":[{"code":"DENIED","message":"no","detail":{"x":1}},{"code":"X"}]}"#
    #expect(AnswerMeaning.words(Array(body.utf8)) == ["it says: DENIED: no", "it says: X"])
    #expect(AnswerMeaning.words(Array(#"{"details":"bad password"}"#.utf8)) == ["it says: bad password"])
    for text in ["", "<html>", "[]", #"{"errors":5}"#] { #expect(AnswerMeaning.words(Array(text.utf8)).isEmpty) }
  }

  @Test func `a partial answer's range is read, and nonsense is none`() {
    func range(_ text: String) -> (start: UInt64, end: UInt64)? {
      HTTPHead(status: 206, headers: [("content-range", text)]).contentRange
    }
    #expect(range("bytes 5-9/10")?.start == 5)
    #expect(range("bytes 5-9/*")?.end == 9)
    for text in ["", "bytes */10", "5-9", "bytes 9-5/10", "bytes a-b/c"] { #expect(range(text) == nil) }
  }

  @Test func `where an upload stands is read from Range`() {
    func standing(_ text: String) -> UInt64? {
      RegistryClient.standing(HTTPHead(status: 204, headers: [("range", text)]))
    }
    #expect(standing("0-1023") == 1024)
    #expect(standing("bytes=0-9") == 10)
    #expect(standing("0-0") == 0)
    for text in ["", "5-9", "0-", "x"] { #expect(standing(text) == nil) }
  }
}
