// How this host reaches registries, from the environment and the file of registries. The only place that reads them.
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrRegistry
internal import ContainrRootless
internal import ContainrSystem
internal import SystemPackage

/// What commands need for asking registries.
struct RegistryAccess: Sendable {
  /// How they are reached.
  var settings: RegistrySettings
  /// Who asks.
  var credentials: CredentialStore

  /// Reads the file of registries: `CONTAINR_REGISTRIES`, else the default, which may be missing. `insecure` are those
  /// that a flag names.
  init(_ surroundings: Surroundings, insecure: [String] = []) throws {
    settings = RegistrySettings()
    settings.userAgent = "containr/\(VersionCommand.version)"
    settings.proxies = ProxySettings(environment: surroundings.environment)
    settings.insecure = Set(insecure)
    // The user's network is not the host's: what the user reaches outside, loopback included, is reached from there.
    let host = try surroundings.hostSettings()
    if host.relaysPorts {
      let directory = host.runDirectory
      settings.makeSocket = { isIPv6 in
        do throws(SyscallError) {
          return try RootlessSockets.make(isIPv6: isIPv6, directory: directory).release()
        } catch {
          throw RegistryError(.local, "no socket of the host's network: \(error)")
        }
      }
    }
    let named = surroundings.variable("CONTAINR_REGISTRIES")
    let path = named.map(surroundings.absolute) ?? FilePath(RegistriesFile.defaultPath)
    settings.certificateDirectories[0] = path.removingLastComponent().appending("certs.d")
    credentials = CredentialStore(CredentialPlaces(environment: surroundings.environment))
    let bytes: [UInt8]
    do throws(SyscallError) { bytes = try TextFile.bytes(of: path) } catch {
      // What was named has to be there.
      if error.errno == 2 && named == nil { return }
      throw CommandExit(.refused, "the file of registries \(path) cannot be read: \(error.reason)")
    }
    do throws(RegistryError) {
      settings.registries = try RegistriesFile.entries(bytes, name: path.string)
    } catch {
      throw CommandExit(error)
    }
  }
}

extension HostSettings {
  /// This host's images.
  var imageStore: ImageStore { ImageStore(directory: imagesDirectory, layers: layersDirectory) }
}

extension CommandContext {
  /// A reference as somebody typed it.
  func reference(_ text: String) throws -> ImageReference {
    do throws(ImageReferenceError) { return try ImageReference(text) } catch {
      throw CommandExit(.failure, error.description)
    }
  }

  /// Runs what asks registries and the store; its errors end the command with what to do.
  func transferring<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as RegistryError {
      throw CommandExit(error)
    } catch let error as ImageError {
      throw CommandExit(.failure, error.description)
    } catch let error as SyscallError {
      throw CommandExit(.failure, error.description)
    } catch let error as EngineError {
      throw CommandExit(error.kind == .settings || error.kind == .permission ? .refused : .failure, error.description)
    }
  }
}

extension CommandExit {
  /// The end that an error of a registry is.
  init(_ error: RegistryError) {
    let code: ExitCode =
      switch error.kind {
      case .configuration: .refused
      case .cancelled: .interrupted
      default: .failure
      }
    self.init(code, error.message, notes: error.notes, help: error.help)
  }
}
