// Images from registries and to them, by way of the store: docker-registry in all its modes with skopeo at the other side,
// and the registry that lies.
import ContainrImageSpec
import ContainrImages
import ContainrRegistry
import ContainrSystem
import ContainrTestSupport
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import ContainrTransfer

/// A store of a test's own.
struct Bench {
  let directory = try! ScratchDirectory("transfer")
  var settings = RegistrySettings()
  var credentials: [String: Credentials] = [:]

  init() {
    settings.backOff.baseMilliseconds = 4
    settings.backOff.attempts = 3
    settings.certificateDirectories = []
  }

  var store: ImageStore {
    ImageStore(
      directory: FilePath(directory.path + "/images"), layers: FilePath(directory.path + "/layers"))
  }

  func puller() throws -> ImagePuller {
    ImagePuller(
      store: store, settings: settings, credentials: CredentialStore(only: credentials),
      program: FilePath(try BuiltPrograms.path("containr-cli")))
  }

  @discardableResult
  func pull(
    _ name: String, _ change: (inout PullRequest) -> Void = { _ in }, report: @escaping TransferReport = { _ in }
  ) throws -> PullResult {
    var request = PullRequest(try ImageReference(name))
    change(&request)
    return try puller().pull(request, report: report)
  }

  func push(_ name: String, to other: String, allPlatforms: Bool = false) throws -> PushResult {
    var request = PushRequest(try ImageReference(name), to: try ImageReference(other))
    request.allPlatforms = allPlatforms
    return try ImagePusher(store: store, settings: settings, credentials: CredentialStore(only: credentials))
      .push(request)
  }

  /// What lies in the store's directory for what is on its way.
  var unfinished: [String] {
    get throws {
      let path = directory.path + "/images/ingest"
      guard FileManager.default.fileExists(atPath: path) else { return [] }
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
  }
}

/// Makes images as others do: with umoci, in a layout, and sends them with skopeo.
struct Others {
  let directory = try! ScratchDirectory("others")

  /// An image `NAME` with one layer for each text; answers the layout.
  func layout(_ texts: [String]) throws -> String {
    let layout = directory.path + "/layout"
    var script = "set -e; umoci init --layout layout; umoci new --image layout:v1\n"
    for (index, text) in texts.enumerated() {
      script += """
        mkdir l\(index); head -c 300000 /dev/urandom >l\(index)/random\(index); echo '\(text)' >l\(index)/file\(index)
        tar -C l\(index) --numeric-owner -cf l\(index).tar . ; umoci raw add-layer --image layout:v1 l\(index).tar

        """
    }
    script += "umoci config --image layout:v1 --config.cmd /bin/true --architecture amd64 --os linux\n"
    try run("sh", ["-c", script], directory: directory.url).succeeding()
    return layout
  }

  func skopeo(_ words: String...) throws -> CommandResult {
    try run("skopeo", ["--insecure-policy"] + words, directory: directory.url)
  }
}

struct TransferTests {
  private let material: RegistryMaterial

  init() throws { material = try RegistryMaterial() }

  @Test(arguments: ["http", "tls", "basic", "tlsBasic", "token"])
  func `what skopeo pushed is pulled, and what is pushed skopeo reads, in every mode`(_ word: String) throws {
    let modes: [String: TestRegistry.Mode] = [
      "http": .http, "tls": .tls, "basic": .basic, "tlsBasic": .tlsBasic, "token": .token,
    ]
    let registry = try TestRegistry(try #require(modes[word]), material)
    let others = Others()
    let layout = try others.layout(["one", "two", "three"])
    let creds = "\(RegistryMaterial.user):\(RegistryMaterial.password)"
    let source = "docker://\(registry.address)/a/b:v1"
    try others.skopeo("copy", "--dest-tls-verify=false", "--dest-creds", creds, "oci:\(layout):v1", source).succeeding()

    var bench = Bench()
    bench.settings.certificateDirectories = [FilePath(try material.certificates(for: [registry.address]))]
    bench.credentials[registry.address] = Credentials(
      user: RegistryMaterial.user, password: RegistryMaterial.password)
    let result = try bench.pull("\(registry.address)/a/b:v1")
    let image = try #require(result.image)
    #expect(image.manifest.layers.count == 3)
    let paths = try #require(try bench.store.unpackedLayers(of: image))
    #expect(try String(contentsOfFile: "\(paths[2])/file2", encoding: .utf8) == "three\n")
    #expect(!result.wasCurrent)
    #expect(try bench.pull("\(registry.address)/a/b:v1").wasCurrent)
    #expect(try bench.unfinished.isEmpty)

    let pushed = try bench.push("\(registry.address)/a/b:v1", to: "\(registry.address)/c/d:v2")
    #expect(pushed.sentBytes == 0 && pushed.mounted == 4)
    let back = try others.skopeo(
      "copy", "--src-tls-verify=false", "--src-creds", creds, "docker://\(registry.address)/c/d:v2", "oci:back:v2")
    #expect(back.code == 0, "\(back)")
    let raw = try others.skopeo(
      "inspect", "--raw", "--tls-verify=false", "--creds", creds, "docker://\(registry.address)/c/d:v2")
    #expect(
      ContentHash.digest(Array(raw.output.utf8)) == result.target.digest, "\(raw)")
  }

  @Test func `a pull goes over HTTP/2 where the server speaks it`() throws {
    let others = Others()
    let layout = try others.layout(["one", "two"])
    let digest = try run("sh", ["-c", "grep -o 'sha256:[0-9a-f]*' \(layout)/index.json | head -n 1"]).succeeding()
      .output
      .trimmingCharacters(in: .newlines)
    // A registry that is only read is a directory.
    try run(
      "sh",
      [
        "-c",
        """
        set -e; cd \(others.directory.path); mkdir -p root/v2/app/manifests root/v2/app/blobs; echo {} > root/v2/index.html
        for f in \(layout)/blobs/sha256/*; do cp $f root/v2/app/blobs/sha256:$(basename $f); done
        cp root/v2/app/blobs/\(digest) root/v2/app/manifests/latest; cp root/v2/app/blobs/\(digest) root/v2/app/manifests/\(digest)
        """,
      ]
    ).succeeding()
    let (address, server) = try TestRegistry.onFreePort("nghttpd") { port in
      try Command(
        "nghttpd",
        [
          "-a", "127.0.0.1", "-v", "-d", others.directory.path + "/root", "\(port)", material.server.key,
          material.server.certificate,
        ])
    }
    defer {
      server.signal(SIGKILL)
      _ = server.wait()
    }
    var bench = Bench()
    bench.settings.certificateDirectories = [FilePath(try material.certificates(for: [address]))]
    let image = try #require(try bench.pull("\(address)/app").image)
    #expect(image.manifest.layers.count == 2)
    let paths = try #require(try bench.store.unpackedLayers(of: image))
    #expect(try String(contentsOfFile: "\(paths[1])/file1", encoding: .utf8) == "two\n")
    // It speaks nothing else, so that what came came so.
    let plain = try run("curl", ["-sk", "--http1.1", "https://\(address)/v2/app/manifests/latest"])
    #expect(plain.code != 0 || plain.output.isEmpty, "\(plain)")
  }

  @Test func `nobody pulls from a token registry that gives to nobody but who asks, and a wrong password is refused`()
    throws
  {
    let registry = try TestRegistry(.token, material)
    let others = Others()
    let layout = try others.layout(["one"])
    let creds = "\(RegistryMaterial.user):\(RegistryMaterial.password)"
    try others.skopeo(
      "copy", "--dest-tls-verify=false", "--dest-creds", creds, "oci:\(layout):v1",
      "docker://\(registry.address)/a/b:v1"
    ).succeeding()
    var bench = Bench()
    let asked = registry.tokenRequests.count
    try bench.pull("\(registry.address)/a/b:v1")
    // One token for the manifest, the config and the layer.
    #expect(registry.tokenRequests.count == asked + 1)
    let error = #expect(throws: RegistryError.self) {
      try bench.push("\(registry.address)/a/b:v1", to: "\(registry.address)/a/c:v1")
    }
    #expect(error?.kind == .unauthorized)
    #expect(error?.help == "containr login \(registry.address)")
    bench.credentials[registry.address] = Credentials(user: RegistryMaterial.user, password: "wrong")
    let wrong = #expect(throws: RegistryError.self) { try bench.pull("\(registry.address)/a/b:v1") }
    #expect(wrong?.kind == .unauthorized)
    bench.credentials[registry.address] = Credentials(
      user: RegistryMaterial.user, identityToken: "refresh-of-\(RegistryMaterial.user)")
    #expect(try bench.push("\(registry.address)/a/b:v1", to: "\(registry.address)/a/c:v1").mounted == 2)
    #expect(registry.tokenRequests.last?.contains("POST") == true)
  }

  @Test func `a mirror is asked first, its registry when it has not what is wanted, and it is not pushed to`() throws {
    let origin = try TestRegistry(.http, material)
    let mirror = try TestRegistry(.mirror(origin), material)
    let empty = try TestRegistry(.http, material)
    let others = Others()
    let layout = try others.layout(["one"])
    try others.skopeo(
      "copy", "--dest-tls-verify=false", "oci:\(layout):v1", "docker://\(origin.address)/a/b:v1"
    ).succeeding()
    var bench = Bench()
    bench.settings.registries[origin.address] = RegistryEntry(mirrors: [RegistryMirror(registry: mirror.address)])
    #expect(try bench.pull("\(origin.address)/a/b:v1").source == mirror.address)
    bench = Bench()
    bench.settings.registries[origin.address] = RegistryEntry(mirrors: [RegistryMirror(registry: empty.address)])
    #expect(try bench.pull("\(origin.address)/a/b:v1").source == origin.address)
    #expect(try bench.push("\(origin.address)/a/b:v1", to: "\(origin.address)/a/c:v1").sentBytes == 0)
    let error =
      #expect(throws: (any Error).self) {
        try bench.push("\(origin.address)/a/b:v1", to: "\(mirror.address)/a/d:v1")
      } as? RegistryError
    #expect(error?.kind == .unsupported)
  }

  @Test func `a mirror never gets the credentials of its registry`() throws {
    let liar = try LyingRegistry()
    let origin = try LyingRegistry()
    var bench = Bench()
    bench.credentials[origin.address] = Credentials(user: "me", password: "secret")
    bench.settings.registries[origin.address] = RegistryEntry(mirrors: [RegistryMirror(registry: liar.address)])
    try bench.pull("\(origin.address)/password:latest")
    #expect(try liar.requests("/password/").allSatisfy { $0.authorization == nil })
    #expect(try origin.requests("/password/").contains { $0.authorization != nil })
  }

  @Test(arguments: ["wrong-digest", "short", "long", "truncated", "no-manifest", "wrong-type"])
  func `what lies is not kept`(_ lie: String) throws {
    let liar = try LyingRegistry()
    let bench = Bench()
    #expect(throws: (any Error).self) { try bench.pull("\(liar.address)/\(lie):latest") }
    #expect(try bench.store.entries().isEmpty)
    let layer = try #require(Digest(liar.layerDigest))
    #expect(try !bench.store.blobs.contains(layer))
    if lie == "wrong-digest" { #expect(try bench.unfinished.allSatisfy { !$0.hasSuffix(".part") }) }
  }

  @Test func `a manifest by digest has to have it`() throws {
    let liar = try LyingRegistry()
    let bench = Bench()
    let error = #expect(throws: ImageError.self) {
      try bench.pull("\(liar.address)/wrong-manifest@\(liar.manifestDigest)")
    }
    #expect(error?.description.contains("is not what its digest says") == true)
    #expect(
      try bench.pull("\(liar.address)/good@\(liar.manifestDigest)").target.digest.description == liar.manifestDigest)
    // And is not asked for again.
    let asked = try liar.requests().count
    #expect(try bench.pull("\(liar.address)/good@\(liar.manifestDigest)").wasCurrent)
    #expect(try liar.requests().count == asked)
  }

  @Test func `what an earlier pull has left is not fetched again, and if it was damage all of it is`() throws {
    let liar = try LyingRegistry()
    let bench = Bench()
    let layer = try #require(Digest(liar.layerDigest))
    var bytes: [UInt8] = []
    let client = RegistryClient(bench.settings, credentials: CredentialStore(only: [:]))
    try client.blob(.init(registry: liar.address, name: "good"), layer, size: liar.layerSize) { bytes += $0 }
    func leave(_ part: [UInt8], _ bench: Bench) throws {
      let writer = try #require(try bench.store.blobs.begin(layer, size: Int64(liar.layerSize), what: "part"))
      try writer.write(part)
    }
    try leave(Array(bytes.prefix(5000)), bench)
    try bench.pull("\(liar.address)/good:latest")
    #expect(try liar.requests("/good/blobs/\(layer)").last?.range == "bytes=5000-")
    let second = Bench()
    try leave([UInt8](repeating: 7, count: 5000), second)
    try second.pull("\(liar.address)/good:latest")
    #expect(try second.store.blobs.contains(layer))
  }

  @Test func `of pulls of one blob at the same time one fetches it`() throws {
    let liar = try LyingRegistry()
    let bench = Bench()
    let failures = Mutex<[String]>([])
    let done = Mutex(0)
    for _ in 0..<4 {
      try WorkerThread.start {
        do { try bench.pull("\(liar.address)/good:latest") } catch { failures.withLock { $0.append("\(error)") } }
        done.withLock { $0 += 1 }
      }
    }
    try eventually("all pulls end") { done.withLock { $0 } == 4 }
    #expect(failures.withLock { $0 } == [])
    #expect(try liar.requests("/good/blobs/\(liar.layerDigest)").count == 1)
  }

  @Test func `an index is pulled for one platform or for all, and pushed whole`() throws {
    let registry = try TestRegistry(.http, material)
    let others = Others()
    let layout = try others.layout(["one"])
    try others.skopeo(
      "copy", "--dest-tls-verify=false", "oci:\(layout):v1", "docker://\(registry.address)/a/b:amd64"
    ).succeeding()
    try run("umoci", ["config", "--image", "\(layout):v1", "--tag", "arm", "--architecture", "arm64"]).succeeding()
    try others.skopeo(
      "copy", "--dest-tls-verify=false", "oci:\(layout):arm", "docker://\(registry.address)/a/b:arm64"
    ).succeeding()
    let client = RegistryClient(Bench().settings, credentials: CredentialStore(only: [:]))
    let repository = RegistryRepository(registry: registry.address, name: "a/b")
    var all: [Descriptor] = []
    for architecture in ["amd64", "arm64"] {
      let answer = try client.manifest(repository, architecture)
      all.append(
        Descriptor(
          mediaType: answer.mediaType, digest: ContentHash.digest(answer.bytes), size: Int64(answer.bytes.count),
          platform: Platform(os: "linux", architecture: architecture)))
    }
    let index = ImageIndex(manifests: all).bytes
    try client.putManifest(index, mediaType: MediaType.ociIndex, as: "multi", in: repository)

    let one = Bench()
    let result = try one.pull("\(registry.address)/a/b:multi") { $0.platform = Platform("linux/arm64") }
    #expect(result.target.digest == ContentHash.digest(index))
    #expect(try one.store.blobs.contains(all[1].digest))
    #expect(try !one.store.blobs.contains(all[0].digest))
    let missing = #expect(throws: ImageError.self) {
      try one.pull("\(registry.address)/a/b:multi") { $0.platform = Platform("linux/s390x") }
    }
    #expect(missing?.description.contains("linux/arm64") == true, "\(missing?.description ?? "")")
    #expect(throws: ImageError.self) {
      try one.push("\(registry.address)/a/b:multi", to: "\(registry.address)/x:y", allPlatforms: true)
    }

    let whole = Bench()
    try whole.pull("\(registry.address)/a/b:multi") { $0.allPlatforms = true }
    #expect(try whole.store.blobs.contains(all[0].digest))
    #expect(try whole.store.blobs.contains(all[1].digest))
    let pushed = try whole.push("\(registry.address)/a/b:multi", to: "\(registry.address)/x:y", allPlatforms: true)
    #expect(pushed.target.digest == ContentHash.digest(index))
    #expect(try others.skopeo("inspect", "--tls-verify=false", "docker://\(registry.address)/x:y").code == 0)
    let deleted = RegistryRepository(registry: registry.address, name: "x")
    try client.deleteManifest(deleted, pushed.target.digest.description)
    #expect(try client.manifestHead(deleted, "y") == nil)
  }

  @Test func `blobs are mounted from where the registry has them, and what is there is not sent again`() throws {
    let registry = try TestRegistry(.http, material)
    let other = try TestRegistry(.http, material)
    let others = Others()
    let layout = try others.layout(["one", "two"])
    try others.skopeo(
      "copy", "--dest-tls-verify=false", "oci:\(layout):v1", "docker://\(registry.address)/a/b:v1"
    ).succeeding()
    let bench = Bench()
    try bench.pull("\(registry.address)/a/b:v1")
    let mounted = try bench.push("\(registry.address)/a/b:v1", to: "\(registry.address)/c:v1")
    #expect(mounted.mounted == 3)
    let sent = try bench.push("\(registry.address)/a/b:v1", to: "\(other.address)/c:v1")
    #expect(sent.mounted == 0 && sent.present == 0 && sent.sentBytes > 600_000)
    let again = try bench.push("\(registry.address)/a/b:v1", to: "\(other.address)/c:v2")
    #expect(again.present == 3 && again.sentBytes == 0)
  }

  @Test func `a big blob goes in several chunks to a real registry`() throws {
    let registry = try TestRegistry(.http, material)
    let liar = try LyingRegistry()
    var bench = Bench()
    try bench.pull("\(liar.address)/good:latest")
    bench.settings.monolithicBytes = 1000
    bench.settings.chunkBytes = 300_000
    #expect(try bench.push("\(liar.address)/good:latest", to: "\(registry.address)/c:v1").sentBytes > 1_000_000)
    #expect(try Bench().pull("\(registry.address)/c:v1").image != nil)
  }

  @Test func `an unknown CA is refused with the place where it belongs, and a named registry is trusted`() throws {
    let registry = try TestRegistry(.tls, material)
    var bench = Bench()
    bench.settings.certificateDirectories = ["/nowhere/certs.d"]
    let error = #expect(throws: RegistryError.self) { try bench.pull("\(registry.address)/a:v1") }
    #expect(error?.kind == .tls)
    #expect(error?.help?.contains("/nowhere/certs.d/\(registry.address)/ca.crt") == true)
    bench.settings.insecure = [registry.address]
    #expect(throws: RegistryError.self) { try bench.pull("\(registry.address)/a:v1") }
    let found = #expect(throws: RegistryError.self) { try bench.pull("\(registry.address)/a:v1") }
    #expect(found?.kind == .notFound)
  }

  @Test func `two stages go on at the same time, and the first failure ends both`() throws {
    let log = Mutex<[String]>([])
    try TwoStages.run(
      5, width: 2, secondWidth: 2, abort: Abort(), first: { n in log.withLock { $0.append("a\(n)") } },
      second: { n in log.withLock { $0.append("b\(n)") } })
    let all = log.withLock { $0 }
    #expect(all.count == 10)
    for n in 0..<5 { #expect(all.firstIndex(of: "a\(n)")! < all.firstIndex(of: "b\(n)")!) }
    let abort = Abort()
    let error = #expect(throws: TestSupportError.self) {
      try TwoStages.run(
        50, width: 2, secondWidth: 1, abort: abort,
        first: { n in if n == 3 { throw TestSupportError("three") } }, second: { _ in })
    }
    #expect(error?.description == "three" && abort.isSet)
  }
}
