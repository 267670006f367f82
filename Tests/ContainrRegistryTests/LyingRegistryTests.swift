// The client before a server that lies: each lie ends in an error of its kind, or is made good, and never costs more than
// its limit nor a secret.
import ContainrImageSpec
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrRegistry

struct LyingRegistryTests {
  private let liar: LyingRegistry

  init() throws { liar = try LyingRegistry() }

  private func client(
    _ credentials: [String: Credentials] = [:], _ change: (inout RegistrySettings) -> Void = { _ in }
  ) -> RegistryClient {
    var settings = RegistrySettings()
    settings.backOff.baseMilliseconds = 4
    settings.backOff.attempts = 3
    settings.certificateDirectories = []
    change(&settings)
    return RegistryClient(settings, credentials: CredentialStore(only: credentials))
  }

  private func repository(_ lie: String) -> RegistryRepository { .init(registry: liar.address, name: lie) }

  /// All bytes of the layer from a repository, or the error.
  private func fetch(
    _ lie: String, from offset: UInt64 = 0, _ client: RegistryClient? = nil
  ) throws -> [UInt8] {
    let digest = try #require(Digest(liar.layerDigest))
    var all: [UInt8] = []
    try (client ?? self.client()).blob(repository(lie), digest, size: liar.layerSize, from: offset) {
      all.append(contentsOf: $0)
    }
    return all
  }

  private func fault(_ body: () throws -> Void) -> RegistryError? {
    do {
      try body()
      Issue.record("no error")
      return nil
    } catch let error as RegistryError {
      return error
    } catch {
      Issue.record("\(error)")
      return nil
    }
  }

  private func manifestFault(_ lie: String, _ reference: String = "latest") -> RegistryError? {
    fault { _ = try client().manifest(repository(lie), reference) }
  }

  @Test func `a download that broke goes on where it broke`() throws {
    #expect(try fetch("broken-once") == fetch("good"))
    let ranges = try liar.requests("/v2/broken-once/blobs").map(\.range)
    #expect(ranges.count == 2 && ranges[0] == nil)
    #expect(ranges[1]?.hasPrefix("bytes=") == true && ranges[1] != "bytes=0-")
  }

  @Test func `a server that ignores ranges is read over, and each byte is received once`() throws {
    #expect(try fetch("broken-no-range") == fetch("good"))
    #expect(try fetch("broken-no-range", from: 1000) == Array(fetch("good").dropFirst(1000)))
  }

  @Test func `an earlier part is asked no more`() throws {
    let rest = try fetch("good", from: liar.layerSize - 10)
    #expect(rest.count == 10)
    #expect(try liar.requests("/blobs").last?.range == "bytes=\(liar.layerSize - 10)-")
    #expect(try fetch("good", from: liar.layerSize).isEmpty)
  }

  @Test(arguments: [
    ("short", RegistryError.Kind.mismatch), ("long", .mismatch), ("truncated", .unreachable),
    ("nothing", .unreachable),
  ])
  func `too few and too many bytes are errors`(_ lie: String, _ kind: RegistryError.Kind) {
    #expect(fault { _ = try fetch(lie) }?.kind == kind)
  }

  @Test func `of too many bytes not one over the size is received`() throws {
    var count: UInt64 = 0
    let digest = try #require(Digest(liar.layerDigest))
    _ = fault { try client().blob(repository("long"), digest, size: liar.layerSize) { count += UInt64($0.count) } }
    #expect(count <= liar.layerSize)
  }

  @Test func `another range than was asked for is refused`() {
    #expect(fault { _ = try fetch("wrong-range", from: 100) }?.kind == .invalidAnswer)
  }

  @Test func `a transfer that stands still is given up`() throws {
    let client = client { settings in
      settings.stallSeconds = 1
      settings.backOff.attempts = 1
    }
    let start = Date()
    let error = fault { _ = try fetch("slow", client) }
    #expect(error?.kind == .unreachable)
    #expect(error?.message.contains("does not answer in time") == true)
    // It would stand still for thirty.
    #expect(Date().timeIntervalSince(start) < 25 * TestPace.factor)
  }

  @Test func `a transfer that stands still goes on where it stood, in a request of its own`() throws {
    let client = client { $0.stallSeconds = 1 }
    let start = Date()
    #expect(try fetch("slow-once", client) == fetch("good"))
    #expect(Date().timeIntervalSince(start) < 25 * TestPace.factor)
    let ranges = try liar.requests("/v2/slow-once/blobs").map(\.range)
    #expect(ranges == [nil, "bytes=\(liar.layerSize / 2)-"])
  }

  @Test func `a caller that wants no more of it ends a transfer at once`() throws {
    let start = Date()
    let client = client { settings in
      settings.isCancelled = { Date().timeIntervalSince(start) > 1 }
    }
    #expect(fault { _ = try fetch("slow", client) }?.kind == .cancelled)
    // It would stand still for thirty.
    #expect(Date().timeIntervalSince(start) < 25 * TestPace.factor)
  }

  @Test(arguments: ["redirect-loop", "redirect-file"])
  func `redirects end, and lead nowhere but to servers`(_ lie: String) throws {
    #expect(manifestFault(lie)?.kind == .invalidAnswer)
    #expect(try liar.requests("/\(lie)/").count <= HTTPClient.redirectLimit + 1)
  }

  @Test(arguments: ["huge-manifest", "endless-manifest", "huge-headers"])
  func `an answer over its limit is cut off`(_ lie: String) { #expect(manifestFault(lie)?.kind == .tooBig) }

  @Test func `a huge error is not read to its end, and still says what it is`() {
    #expect(manifestFault("huge-error")?.kind == .notFound)
  }

  @Test func `a redirect to another host has no credentials with it`() throws {
    let other = try LyingRegistry()
    let name = "redirect-secret/at/\(other.address)"
    let client = client([liar.address: Credentials(user: "me", password: "pw")])
    let digest = try #require(Digest(liar.layerDigest))
    var count: UInt64 = 0
    try client.blob(repository(name), digest, size: liar.layerSize) { count += UInt64($0.count) }
    #expect(count == liar.layerSize)
    #expect(try liar.requests("/blobs").last?.authorization?.hasPrefix("Basic ") == true)
    let there = try other.requests("/elsewhere")
    #expect(there.count == 1 && there[0].authorization == nil)
  }

  @Test func `a token server that sends on to another host has no credentials go there`() throws {
    let other = try LyingRegistry()
    let name = "token-away/at/\(other.address)"
    let password = client([liar.address: Credentials(user: "me", password: "pw")])
    #expect(try !password.manifest(repository(name), "latest").bytes.isEmpty)
    #expect(try liar.requests("/away/").map { $0.authorization?.hasPrefix("Basic ") } == [true])
    #expect(try other.requests("/token").map(\.authorization) == [nil])
    // A refresh token is in the body, which a 307 would send along.
    let identity = client([liar.address: Credentials(user: "me", identityToken: "secret")])
    let error = fault { _ = try identity.manifest(repository(name), "latest") }
    #expect(error?.message.contains("sends a login on to") == true, "\(String(describing: error))")
    #expect(try other.requests("/token").count == 1)
  }

  @Test func `HTTPS never falls to plain HTTP`() throws {
    let material = try RegistryMaterial()
    let secure = try LyingRegistry(tls: material)
    let certificates = try material.certificates(for: [secure.address])
    let client = client { $0.certificateDirectories = [FilePath(certificates)] }
    _ = try client.manifest(.init(registry: secure.address, name: "good"), "latest")
    let error = fault {
      _ = try client.manifest(.init(registry: secure.address, name: "redirect-plain"), "latest")
    }
    #expect(error?.kind == .invalidAnswer)
    #expect(error?.message.contains("plain HTTP") == true)
  }

  @Test func `a token server without TLS gets nothing from a registry with it`() throws {
    let material = try RegistryMaterial()
    let secure = try LyingRegistry(tls: material)
    let name = secure.address.replacingOccurrences(of: "127.0.0.1", with: "localhost")
    let request = TokenRequest(
      registry: "registry.example",
      challenge: AuthChallenge(
        scheme: "bearer", parameters: ["realm": "http://\(name)/token"]), scopes: [],
      credentials: Credentials(user: "me", password: "pw"))
    #expect(fault { _ = try request.send(client().http, isInsecure: false) }?.kind == .plainHTTP)
    #expect(try secure.requests("/token").isEmpty)
  }

  @Test func `429 is waited for as long as Retry-After says`() throws {
    _ = try client().manifest(repository("limited-twice"), "latest")
    #expect(try liar.requests("limited-twice").count == 3)
    _ = try client().manifest(repository("limited-second"), "latest")
    let times = try liar.requests("limited-second").map(\.time)
    #expect(times.count == 2 && times[1] - times[0] >= 1)
  }

  @Test func `429 to the end says so, with the registry's limits`() throws {
    let error = manifestFault("limited")
    #expect(error?.kind == .rateLimited)
    #expect(error?.notes == ["0 of 100 requests are left in 6 h", "it says: TOOMANYREQUESTS: enough"])
    #expect(try liar.requests("/limited/").count == 3)
  }

  @Test func `5xx is tried again, and is an error in the end`() throws {
    _ = try client().manifest(repository("busy-twice"), "latest")
    #expect(manifestFault("busy")?.kind == .unavailable)
    #expect(try liar.requests("/busy/").count == 3)
  }

  @Test func `a registry that never is content with its own tokens is left`() throws {
    let error = manifestFault("login-loop")
    #expect(error?.kind == .unauthorized)
    #expect(error?.help == "containr login \(liar.address)")
    #expect(try liar.requests("/login-loop/").count == 3)
  }

  @Test func `a wrong password is asked once`() throws {
    let client = client([liar.address: Credentials(user: "me", password: "pw")])
    _ = try client.manifest(repository("password"), "latest")
    #expect(fault { _ = try self.client().manifest(repository("password"), "latest") }?.kind == .unauthorized)
  }

  @Test func `what is not there is not found, in the registry's words`() {
    let error = manifestFault("good", "nope")
    #expect(error?.kind == .notFound)
    #expect(error?.message == "\(liar.address) has no image \(liar.address)/good:nope")
    #expect(error?.notes == ["it says: MANIFEST_UNKNOWN: no such"])
  }

  @Test func `nobody there is said after two attempts`() throws {
    let address = "127.0.0.1:\(try TestRegistry.freePort())"
    let error = fault { _ = try client().manifest(.init(registry: address, name: "a"), "latest") }
    #expect(error?.kind == .unreachable)
    #expect(error?.message.hasPrefix("no connection to \(address)") == true)
  }

  @Test func `lists of tags that lead in circles or elsewhere are refused`() throws {
    #expect(fault { _ = try client().tags(repository("tag-circle")) }?.kind == .invalidAnswer)
    #expect(fault { _ = try client().tags(repository("tag-elsewhere")) }?.kind == .invalidAnswer)
    #expect(try client().tags(repository("good")) == ["a", "b"])
  }

  // MARK: uploads

  private func upload(_ name: String, bytes: Int, _ change: (inout RegistrySettings) -> Void = { _ in }) throws {
    let directory = try ScratchDirectory("upload")
    let content = (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let path = directory.path + "/blob"
    try Data(content).write(to: URL(fileURLWithPath: path))
    let sum = try run("sha256sum", [path]).succeeding().output.prefix(64)
    let digest = try #require(Digest("sha256:\(sum)"))
    let file = open(path, O_RDONLY)
    defer { close(file) }
    let outcome = try client([:], change).upload(digest, of: file, count: UInt64(bytes), to: repository(name))
    #expect(outcome == .sent)
  }

  @Test func `an upload whose answer was lost goes on where the registry stands`() throws {
    try upload("lost-answer", bytes: 3 << 20)
    let ranges = try liar.requests("/lost-answer/").filter { $0.method == "PATCH" }.map(\.contentRange)
    #expect(ranges.count == 2)
    #expect(ranges.first == "0-\((3 << 20) - 1)")
    #expect(ranges.last == "\(3 << 19)-\((3 << 20) - 1)")
  }

  @Test func `an upload whose last answer was lost is known to be there`() throws {
    try upload("lost-end", bytes: 1000)
    #expect(try liar.requests("/lost-end/").filter { $0.method == "PUT" }.count == 1)
  }

  @Test func `an upload goes in as many chunks as are needed`() throws {
    try upload("chunks", bytes: 2_500_000) { settings in
      settings.monolithicBytes = 1000
      settings.chunkBytes = 1_000_000
    }
    let ranges = try liar.requests("/chunks/").filter { $0.method == "PATCH" }.map(\.contentRange)
    #expect(ranges == ["0-999999", "1000000-1999999", "2000000-2499999"])
  }

  // MARK: proxies

  @Test func `a proxy is asked for hosts that are not excepted`() throws {
    let client = client { settings in
      settings.proxies = ProxySettings(environment: ["ALL_PROXY": "http://\(liar.address)"])
      settings.insecure = ["registry.test:5000"]
    }
    _ = try client.manifest(.init(registry: "registry.test:5000", name: "good"), "latest")
    #expect(try liar.requests("http://registry.test:5000/v2/good/manifests/latest").count == 1)
  }
}
