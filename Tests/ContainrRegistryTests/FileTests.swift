// config.json and the file of registries: pure.
import ContainrImageSpec
import SystemPackage
import Testing

@testable import ContainrRegistry

struct CredentialFileTests {
  private func file(_ text: String) throws -> CredentialFile {
    try CredentialFile(Array(text.utf8), name: "config.json")
  }

  @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\0\u{ff}é"])
  func `base64 comes back as it went`(_ text: String) {
    #expect(Base64.decode(Base64.encode(Array(text.utf8))) == Array(text.utf8))
  }

  @Test func `base64 is that of RFC 4648`() {
    #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
    #expect(Base64.decode("Zm9vYg") == Array("foob".utf8))
    for text in ["Z", "Zm9v!", "Zm 9v"] { #expect(Base64.decode(text) == nil) }
  }

  @Test func `a login is found by host, by docker's old addresses, and for Docker Hub by all of its names`() throws {
    let auth = Base64.encode(Array("me:pass:word".utf8))
    for (key, registry) in [
      ("localhost:5000", "localhost:5000"), ("https://reg.example/v1/", "reg.example"),
      ("https://index.docker.io/v1/", "docker.io"), ("docker.io", "docker.io"),
    ] {
      let found = try file(#"{"auths": {"\#(key)": {"auth": "\#(auth)"}}}"#)
        .credentials(for: registry, repository: "library/a")
      #expect(found == Credentials(user: "me", password: "pass:word"), "\(key)")
    }
    #expect(
      try file(#"{"auths": {"localhost:5000": {"auth": "\#(auth)"}}}"#)
        .credentials(for: "localhost:5001", repository: "a") == nil)
  }

  @Test func `the most specific path counts`() throws {
    func auth(_ user: String) -> String { Base64.encode(Array("\(user):p".utf8)) }
    let text = #"""
      {"auths": {"quay.io": {"auth": "\#(auth("all"))"}, "quay.io/org": {"auth": "\#(auth("org"))"},
       "quay.io/org/app": {"auth": "\#(auth("app"))"}}}
      """#
    let read = try file(text)
    #expect(read.credentials(for: "quay.io", repository: "org/app")?.user == "app")
    #expect(read.credentials(for: "quay.io", repository: "org/other")?.user == "org")
    #expect(read.credentials(for: "quay.io", repository: "orgs/app")?.user == "all")
  }

  @Test func `identity tokens and separate names are read`() throws {
    let token = try file(#"{"auths": {"a.b": {"auth": "bWU6", "identitytoken": "t"}}}"#)
    #expect(
      token.credentials(for: "a.b", repository: "x") == Credentials(user: "me", identityToken: "t"))
    let plain = try file(#"{"auths": {"a.b": {"username": "u", "password": "p"}}}"#)
    #expect(plain.credentials(for: "a.b", repository: "x") == Credentials(user: "u", password: "p"))
    #expect(try file(#"{"auths": {"a.b": {}}}"#).credentials(for: "a.b", repository: "x") == nil)
  }

  @Test func `helpers are named for one registry or for all`() throws {
    let read = try file(#"{"credsStore": "secretservice", "credHelpers": {"a.b": "pass"}}"#)
    #expect(read.keeper(of: "a.b") == .helper("pass"))
    #expect(read.keeper(of: "c.d") == .helper("secretservice"))
    #expect(try file("{}").keeper(of: "a.b") == .file)
    #expect(try file("").keeper(of: "a.b") == .file)
  }

  @Test func `a login changes its own entry and keeps everything else in its order`() throws {
    var read = try file(
      #"{"psFormat": "x", "auths": {"a.b": {"auth": "eDp5"}, "c.d": {"auth": "eDp5", "email": "e"}}, "z": [1.5, null]}"#
    )
    read.set(Credentials(user: "me", password: "pw"), for: "a.b")
    let text = String(decoding: read.bytes, as: UTF8.self).filter { !" \n".contains($0) }
    #expect(
      text == #"{"psFormat":"x","auths":{"c.d":{"auth":"eDp5","email":"e"},"a.b":{"auth":"bWU6cHc="}},"z":[1.5,null]}"#)
    #expect([read.remove("a.b"), read.remove("a.b")] == [true, false])
    #expect(read.credentials(for: "c.d", repository: "x")?.user == "x")
  }

  @Test func `a login of Docker Hub is written under docker's own key`() throws {
    var read = CredentialFile()
    read.set(Credentials(user: "me", identityToken: "t"), for: "docker.io")
    let text = String(decoding: read.bytes, as: UTF8.self).filter { !" \n".contains($0) }
    #expect(text == #"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6","identitytoken":"t"}}}"#)
  }

  @Test(arguments: [
    ("{\n  \"auths\": [}", "config.json:2:13: "), ("[]", "config.json:1:1: "),
    (
      "{\"auths\":\n {\"a.b\": {\"auth\": \"bm9jb2xvbg==\"}}}", "config.json:2:19: auths.a.b.auth must be USER:PASSWORD"
    ),
    ("{\"credHelpers\": {\"a\": 1}}", "config.json:1:23: credHelpers.a must be a string"),
  ])
  func `a broken file is an error with its place`(_ text: String, _ message: String) {
    let error = #expect(throws: RegistryError.self) { try file(text) }
    #expect(error?.kind == .configuration)
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func `the places are docker's and containers', and REGISTRY_AUTH_FILE stands alone`() {
    let usual = CredentialPlaces(environment: ["HOME": "/h", "XDG_RUNTIME_DIR": "/run/u"])
    #expect(usual.write == "/h/.docker/config.json")
    #expect(
      usual.read == ["/h/.docker/config.json", "/run/u/containers/auth.json", "/h/.config/containers/auth.json"])
    #expect(CredentialPlaces(environment: ["DOCKER_CONFIG": "/d", "HOME": "/h"]).write == "/d/config.json")
    let one = CredentialPlaces(environment: ["REGISTRY_AUTH_FILE": "/a", "DOCKER_CONFIG": "/d"])
    #expect(one.read == ["/a"] && one.write == "/a")
  }
}

struct RegistriesFileTests {
  private func entries(_ text: String) throws -> [String: RegistryEntry] {
    try RegistriesFile.entries(Array(text.utf8), name: "registries.json")
  }

  @Test func `insecure registries and mirrors are read`() throws {
    let read = try entries(
      #"""
      {"registries": {"docker.io": {"mirrors": ["mirror.lan:5000/hub/", "https://second.lan"]},
                      "LAN.example:5000": {"insecure": true}}}
      """#)
    #expect(
      read["docker.io"]?.mirrors == [
        RegistryMirror(registry: "mirror.lan:5000", prefix: "hub"), RegistryMirror(registry: "second.lan"),
      ])
    #expect(read["lan.example:5000"]?.isInsecure == true)
    #expect(read["docker.io"]?.isInsecure == false)
    #expect(try entries("{}").isEmpty)
  }

  @Test(arguments: [
    ("{", "registries.json:1:2: "),
    ("{\"registry\": {}}", "registries.json:1:14: registry is not known here"),
    ("{\"registries\":\n {\"a.b\": {\"insecur\": true}}}", "registries.json:2:22: registries.a.b.insecur is not known"),
    ("{\"registries\": {\"a.b\": {\"insecure\": 1}}}", "registries.json:1:37: registries.a.b.insecure must be true"),
    ("{\"registries\": {\"a/b\": {}}}", "registries.json:1:24: registries.a/b must be named"),
    ("{\"registries\": {\"https://a.b\": {}}}", "registries.json:1:32: registries.https://a.b must be named"),
    (
      "{\"registries\": {\"a.b\": {\"mirrors\": [\"http://c.d\"]}}}",
      "registries.json:1:37: registries.a.b.mirrors[0] is 'http://c.d'"
    ),
    ("{\"registries\": {\"a.b\": {\"mirrors\": [\"c.d/../e\"]}}}", "registries.json:1:37: "),
  ])
  func `what is wrong in it is an error with its place`(_ text: String, _ message: String) {
    let error = #expect(throws: RegistryError.self) { try entries(text) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test func `mirrors come before their registry, with their prefix, and are for nobody else`() throws {
    var settings = RegistrySettings()
    settings.registries["docker.io"] = RegistryEntry(mirrors: [RegistryMirror(registry: "m.lan", prefix: "hub")])
    let client = RegistryClient(settings, credentials: CredentialStore(only: [:]))
    #expect(
      client.pullSources(try .init("nginx")).map(\.description) == [
        "m.lan/hub/library/nginx", "docker.io/library/nginx",
      ])
    #expect(client.pullSources(try .init("quay.io/a/b")).map(\.description) == ["quay.io/a/b"])
  }

  @Test func `proxies are those of the environment, and never for this host itself`() throws {
    let proxies = ProxySettings(environment: [
      "HTTP_PROXY": "http://upper", "https_proxy": "http://lower", "HTTPS_PROXY": "http://other", "NO_PROXY": "x.y",
    ])
    #expect(proxies.exceptions == "x.y")
    func proxy(_ scheme: String, _ host: String) -> String? {
      proxies.proxy(for: .init(scheme: scheme, host: host, port: 80))
    }
    #expect(proxy("http", "a.b") == "http://upper")
    #expect(proxy("https", "a.b") == "http://lower")
    for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] { #expect(proxy("http", host) == nil, "\(host)") }
    for host in ["127.0.0.1.evil.org", "localhost.evil.org", "128.0.0.1"] { #expect(proxy("http", host) != nil) }
    #expect(ProxySettings(environment: ["ALL_PROXY": "socks5h://p"]).https == "socks5h://p")
  }
}

struct WebAddressTests {
  @Test func `addresses are taken apart, and their usual ports left out`() throws {
    let address = try #require(WebAddress("https://Reg.Example:443/v2/a?x=1"))
    #expect(address.origin == .init(scheme: "https", host: "reg.example", port: 443))
    #expect(address.origin.authority == "reg.example")
    #expect(try #require(WebAddress("http://[::1]:5000/")).origin.authority == "[::1]:5000")
    #expect(address.adding(query: "digest", "sha256:a b")?.description.hasSuffix("?x=1&digest=sha256%3Aa%20b") == true)
  }

  @Test(arguments: [
    "", "ftp://a/", "https://user@a/", "https://u:p@a/", "file:///etc/passwd", "https://a/\r\nX: y", "/v2/",
  ])
  func `what is no plain http or https address is none`(_ text: String) { #expect(WebAddress(text) == nil) }

  @Test func `a Location is seen from where it was given`() throws {
    let base = try #require(WebAddress("https://a.b/v2/x/blobs/uploads/1?s=2"))
    #expect(WebAddress("/v2/y?z", relativeTo: base)?.description == "https://a.b/v2/y?z")
    #expect(WebAddress("//evil.org/y", relativeTo: base)?.origin.host == "evil.org")
    #expect(WebAddress("http://c.d:81/", relativeTo: base)?.origin.description == "http://c.d:81")
    #expect(WebAddress("https://a.b@evil.org/", relativeTo: base) == nil)
  }
}
