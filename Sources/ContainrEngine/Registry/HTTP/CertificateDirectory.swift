// certs.d: the CAs and client certificates of one host (docker's and containers' layout).
internal import ContainrSystem
internal import SystemPackage

/// What `DIRECTORY/HOST[:PORT]` holds.
struct CertificateDirectory: Sendable {
  /// PEM of all `*.crt`, by name.
  var authorities: [UInt8] = []
  /// `NAME.cert` with `NAME.key`.
  var client: (certificate: FilePath, key: FilePath)?

  /// The first of `directories` that has one for this host; nil if none has. Who writes a port that is the usual one finds
  /// the directory without it as well.
  static func find(
    _ origin: WebAddress.Origin, in directories: [FilePath]
  ) throws(RegistryError) -> Self? {
    // A host that is a name of two dots would be a directory of somebody else's.
    let names = Set([origin.authority, "\(origin.host):\(origin.port)"]).sorted().filter { $0 != "." && $0 != ".." }
    for directory in directories {
      for name in names {
        let path = directory.appending(name)
        do throws(SyscallError) {
          guard try Kernel.exists(path) else { continue }
          if let found = try read(path) { return found }
        } catch {
          throw RegistryError(.configuration, "the certificates of \(origin.authority) cannot be read: \(error)")
        }
      }
    }
    return nil
  }

  private static func read(_ path: FilePath) throws(SyscallError) -> Self? {
    var found = Self()
    let names = try Kernel.names(inDirectory: path).sorted()
    for name in names where name.hasSuffix(".crt") {
      found.authorities += try Kernel.contents(of: path.appending(name), limit: 4 << 20) + [0x0a]
    }
    for name in names where name.hasSuffix(".cert") && found.client == nil {
      let key = "\(name.dropLast(5)).key"
      guard names.contains(key) else {
        throw SyscallError(errno: 2, operation: "open", path: path.appending(key), detail: "the key of \(name)")
      }
      found.client = (path.appending(name), path.appending(key))
    }
    return found.authorities.isEmpty && found.client == nil ? nil : found
  }

  /// What the system trusts, as one PEM file; empty where there is none.
  static func systemAuthorities() throws(RegistryError) -> [UInt8] {
    for path: FilePath in [
      "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ] {
      do throws(SyscallError) {
        if try Kernel.exists(path) { return try Kernel.contents(of: path, limit: 16 << 20) }
      } catch {
        throw RegistryError(.local, "the system's certificates cannot be read: \(error)")
      }
    }
    return []
  }
}
