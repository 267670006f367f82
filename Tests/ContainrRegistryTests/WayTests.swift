// The ways to a registry: through a proxy's tunnel, with a certificate of ours; and files of web servers that are none.
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrRegistry

struct WayTests {
  private func settings(
    _ certificates: String, proxy: String? = nil, except: String? = nil
  ) -> RegistrySettings {
    var settings = RegistrySettings()
    settings.backOff.baseMilliseconds = 4
    settings.backOff.attempts = 3
    settings.certificateDirectories = [FilePath(certificates)]
    var environment: [String: String] = [:]
    if let proxy { environment["HTTPS_PROXY"] = "http://\(proxy)" }
    if let except { environment["NO_PROXY"] = except }
    settings.proxies = ProxySettings(environment: environment)
    return settings
  }

  /// What a registry answers to the question for an image that it does not have: `.notFound` if it was reached.
  private func ask(_ registry: String, _ settings: RegistrySettings) -> RegistryError? {
    do {
      _ = try RegistryClient(settings, credentials: CredentialStore(only: [:]))
        .manifest(.init(registry: registry, name: "none"), "latest")
      Issue.record("an image that is not there")
      return nil
    } catch let error as RegistryError {
      return error
    } catch {
      Issue.record(error)
      return nil
    }
  }

  private func port(_ address: String) -> String { String(address.split(separator: ":")[1]) }

  @Test func `HTTPS goes through the proxy's tunnel, verified at the registry's end, unless its host is excepted`()
    throws
  {
    let material = try RegistryMaterial()
    let registry = try TestRegistry(.tls, material)
    let name = "registry.test:\(port(registry.address))"
    let certificates = try material.certificates(for: [name])
    let proxy = try TestProxy(to: registry.address)
    #expect(ask(name, settings(certificates, proxy: proxy.address))?.kind == .notFound)
    #expect(proxy.requests == ["\(name) 200"])
    // Nobody on this host knows the name, so that without the proxy there is no way.
    for exception in ["registry.test", ".test", "*"] {
      let error = ask(name, settings(certificates, proxy: proxy.address, except: exception))
      #expect(error?.message == "there is no host registry.test", "\(exception): \(String(describing: error))")
    }
    #expect(proxy.requests.count == 1)
    // A CA that is not trusted stays so behind a proxy.
    #expect(ask(name, settings("/none", proxy: proxy.address))?.kind == .tls)
  }

  @Test func `a proxy that wants a login is shown the one in its address, and no other is shown to it`() throws {
    let material = try RegistryMaterial()
    let registry = try TestRegistry(.tls, material)
    let name = "registry.test:\(port(registry.address))"
    let certificates = try material.certificates(for: [name])
    let proxy = try TestProxy(to: registry.address, login: "me:pw")
    #expect(ask(name, settings(certificates, proxy: "me:pw@\(proxy.address)"))?.kind == .notFound)
    #expect(proxy.requests == ["\(name) 200"])
    let refused = ask(name, settings(certificates, proxy: proxy.address))
    #expect(refused?.message == "the proxy on the way to \(name) wants a login", "\(String(describing: refused))")
    #expect(proxy.requests.last == "\(name) 407" && proxy.requests.count == 2, "asked once: \(proxy.requests)")
  }

  @Test func `a registry that wants a certificate is shown the one in certs.d, and without one it is said`() throws {
    let material = try RegistryMaterial()
    let registry = try TestRegistry(.clients, material)
    // By another name than this host's own, which may as well speak plain HTTP.
    let name = "registry.test:\(port(registry.address))"
    let proxy = try TestProxy(to: registry.address)
    let with = try material.certificates(for: [name], showsClient: true, in: "with")
    #expect(ask(name, settings(with, proxy: proxy.address))?.kind == .notFound)
    let without = ask(name, settings(try material.certificates(for: [name]), proxy: proxy.address))
    #expect(without?.kind == .tls || without?.kind == .unreachable, "\(String(describing: without))")
    #expect(without?.description.contains("client.cert") == true, "\(String(describing: without))")
  }

  // MARK: files of web servers

  /// A file of a server that lies, the announced sizes, and how often it began anew.
  private func fetch(_ lie: String, of liar: LyingRegistry, stall: Int = 60) throws -> (
    bytes: [UInt8], sizes: [UInt64], restarts: Int
  ) {
    var all: [UInt8] = []
    var sizes: [UInt64] = []
    var restarts = 0
    var settings = settings("/none")
    settings.stallSeconds = stall
    try WebFile("http://\(liar.address)/v2/\(lie)/blobs/\(liar.layerDigest)").fetch(
      settings, announce: { sizes.append($0) },
      restart: {
        all = []
        restarts += 1
      }, receive: { all.append(contentsOf: $0) })
    return (all, sizes, restarts)
  }

  @Test func `a web server's file comes whole: after a break from where it was if it is the same, else anew`() throws {
    let liar = try LyingRegistry()
    let good = try fetch("good", of: liar)
    #expect(UInt64(good.bytes.count) == liar.layerSize && good.sizes == [liar.layerSize] && good.restarts == 0)
    let resumed = try fetch("etag-once", of: liar)
    #expect(resumed.bytes == good.bytes && resumed.restarts == 0)
    #expect(try liar.requests("/etag-once/").map(\.range) == [nil, "bytes=\(liar.layerSize / 2)-"])
    let changed = try fetch("etag-changed", of: liar)
    #expect(changed.bytes == good.bytes && changed.restarts == 1, "another file of the name has another tag")
    let unmarked = try fetch("broken-once", of: liar)
    #expect(unmarked.bytes == good.bytes && unmarked.restarts == 1, "nothing says that it is the same")
    #expect(try liar.requests("/broken-once/").map(\.range) == [nil, nil])
    let stood = try fetch("slow-once", of: liar, stall: 1)
    #expect(stood.bytes == good.bytes)
  }

  @Test func `what a web server does not give is an error with its address, and nothing is believed`() throws {
    let liar = try LyingRegistry()
    #expect(throws: RegistryError.self) { try fetch("truncated", of: liar) }
    func fault(_ path: String) -> RegistryError? {
      do {
        try WebFile("http://\(liar.address)/\(path)").fetch(settings("/none"), restart: {}, receive: { _ in })
        return nil
      } catch { return error as? RegistryError }
    }
    let missing = fault("nothing.tar")
    #expect(
      missing?.kind == .notFound && missing?.message.contains("nothing.tar") == true, "\(String(describing: missing))")
    #expect(fault("v2/redirect-loop/manifests/latest")?.kind == .invalidAnswer)
    #expect(fault("v2/redirect-file/manifests/latest")?.kind == .invalidAnswer)
    #expect(fault("v2/busy/manifests/latest")?.kind == .unavailable)
    for text in ["http://", "http://me:pw@host/x", "https://host/x y"] {
      #expect(throws: RegistryError.self, "\(text)") { try WebFile(text) }
    }
    #expect(WebFile.isAddress("HTTPS://host/x") && !WebFile.isAddress("./http://x") && !WebFile.isAddress("httpx"))
  }
}
