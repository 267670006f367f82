// The AppArmor profile that containers have by default, in the kernel: loaded before the first container that needs it,
// taken out with the last stack. The kernel has one set of profiles, so each installation has one of its own name.
internal import ContainrReconcile
internal import ContainrSecurity
internal import ContainrSystem
package import SystemPackage

extension HostSettings {
  /// `containr-default`.
  package var defaultProfile: String { cgroupParent.replacing("/", with: ".") + "-default" }
  /// What was compiled, by digest, and what of it is loaded.
  package var profilesDirectory: FilePath { stateDirectory.appending("apparmor") }
}

/// Loading and unloading.
package struct DefaultProfile: Sendable {
  private let settings: HostSettings

  /// That of an installation.
  package init(_ settings: HostSettings) { self.settings = settings }

  /// The profile's text for who runs this.
  private func profile() throws(SyscallError) -> AppArmorProfile {
    let own = AppArmorLabel(try Self.own())
    return AppArmorProfile(
      name: settings.defaultProfile, caller: own.isUnconfined ? nil : own.profiles.last,
      hasABI: try Kernel.exists("/etc/apparmor.d/abi/3.0"))
  }

  private static func own() throws(SyscallError) -> String {
    do throws(SyscallError) { return try Kernel.text(of: "/proc/self/attr/apparmor/current") } catch {
      if error.errno != 2 { throw error }
      return try Kernel.text(of: "/proc/self/attr/current")
    }
  }

  /// What makes a start with this profile fail, if that can be known: there is nothing to compile it with.
  package func complaint() throws(EngineError) -> String? {
    do throws(SyscallError) {
      let kept = compiled(try digest(of: try profile()))
      // An empty one, of a loss of power, is compiled anew.
      if try Kernel.exists(kept), try Kernel.status(of: kept).size > 0 { return nil }
    } catch {
      throw EngineError(error, "look for the compiled profile")
    }
    do throws(SecurityError) {
      _ = try AppArmorPolicy.profiles()
      _ = try AppArmorParser.find(for: settings.defaultProfile)
      return nil
    } catch {
      return error.description
    }
  }

  /// Sees to it that the kernel has the profile, as this version writes it.
  package func ensure() throws(EngineError) {
    do {
      let lock = try lockDirectory()
      try withExtendedLifetime(lock) {
        let profile = try profile()
        let digest = try digest(of: profile)
        let record = "\(try Kernel.bootID()) \(digest)\n"
        let recorded = settings.profilesDirectory.appending("loaded")
        // Somebody may have made it weaker, or taken it away.
        if try AppArmorPolicy.profiles()[profile.name] == "enforce", try Kernel.exists(recorded),
          try Kernel.record(of: recorded) == record
        {
          return
        }
        do {
          try AppArmorPolicy.load(try bytes(of: profile, digest))
        } catch {
          // What was kept may be damaged.
          guard try Kernel.exists(compiled(digest)) else { throw error }
          try Kernel.remove(compiled(digest))
          // What was said first is the reason, whatever the second attempt ends with.
          let first = error
          do { try AppArmorPolicy.load(try bytes(of: profile, digest)) } catch { throw first }
        }
        try Kernel.replace(recorded, with: Array(record.utf8), mode: 0o600)
      }
    } catch let error as SyscallError {
      throw EngineError(error, "load the AppArmor profile \(settings.defaultProfile)")
    } catch {
      throw EngineError(.kernel, "load the AppArmor profile \(settings.defaultProfile): \(error)")
    }
  }

  /// Takes it out of the kernel, unless a `containr run` may have it. Only while no stack is there.
  package func remove() throws {
    // Made before the profile is loaded, so without it there is none.
    guard try Kernel.exists(settings.profilesDirectory) else { return }
    let lock = try lockDirectory()
    try withExtendedLifetime(lock) {
      if try Kernel.names(inDirectory: settings.stateDirectory).contains(where: { $0.hasPrefix("single.") }) { return }
      if try SecurityModules.ofHost().hasAppArmor, try AppArmorPolicy.profiles()[settings.defaultProfile] != nil {
        try AppArmorPolicy.remove(settings.defaultProfile)
      }
      try Kernel.removeTree(settings.profilesDirectory)
    }
  }

  /// What the compiled form depends on: the text, and what this kernel knows.
  private func digest(of profile: AppArmorProfile) throws(SyscallError) -> String {
    StableHash.hex(profile.text + (try Kernel.text(of: "/proc/sys/kernel/osrelease")), digits: 16)
  }

  private func compiled(_ digest: String) -> FilePath { settings.profilesDirectory.appending(digest) }

  private func bytes(of profile: AppArmorProfile, _ digest: String) throws -> [UInt8] {
    let file = compiled(digest)
    if try Kernel.exists(file) {
      let kept = try Kernel.contents(of: file)
      // Nothing would be written to the kernel, which is no error.
      if !kept.isEmpty { return kept }
    }
    let bytes = try AppArmorParser.compile(profile, parser: try AppArmorParser.find(for: profile.name))
    // The next boot believes it.
    try Kernel.replace(file, with: bytes, mode: 0o600, durable: true)
    return bytes
  }

  /// The directory, locked until the descriptor goes.
  private func lockDirectory() throws(SyscallError) -> SharedFD {
    let path = settings.profilesDirectory
    while true {
      do {
        try OwnDirectories.ensure(settings.stateDirectory)
        try tolerating(17) { () throws(SyscallError) in try Kernel.makeDirectory(path, mode: 0o700) }
        let directory = SharedFD(try Kernel.open(path, [.readOnly, .directory, .noFollow]))
        try Kernel.lock(directory.raw, wait: true, path)
        // Who held it before may have taken it away.
        let mine = try Kernel.status(at: directory.raw)
        if mine.links > 0, try Kernel.exists(path), try Kernel.status(of: path).inode == mine.inode { return directory }
      } catch {
        if error.errno != 2 { throw error }
      }
    }
  }
}
