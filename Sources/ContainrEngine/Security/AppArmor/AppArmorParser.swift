// Compiling a profile by the distribution's own parser: the compiled form is the kernel's, and changes with it.
internal import CContainrLinux
internal import ContainrSystem
public import SystemPackage

/// apparmor_parser(8).
public enum AppArmorParser {
  /// Where distributions have it.
  public static let places: [FilePath] = ["/usr/sbin/apparmor_parser", "/sbin/apparmor_parser"]

  /// The program; an error that says how to get it if it is at none of `places`.
  public static func find(
    _ places: [FilePath] = places, for profile: String
  ) throws(SecurityError) -> FilePath {
    do throws(SyscallError) {
      for place in places where try Kernel.exists(place) { return place }
    } catch {
      throw SecurityError(field: "apparmor", value: profile, reason: error.description)
    }
    throw SecurityError(
      field: "apparmor", value: profile,
      reason: "AppArmor is on, but there is no apparmor_parser to compile the profile with: install the package "
        + "apparmor, or start with `security_opt: [apparmor=unconfined]`")
  }

  /// The compiled form of one profile's text, for the kernel that runs. Loads nothing and writes to no cache of its own.
  /// What the kernel knows it reads from `files`.
  public static func compile(
    _ profile: AppArmorProfile, parser: FilePath, _ files: AppArmorFiles = .ofHost
  ) throws(SecurityError) -> [UInt8] {
    do throws(SyscallError) {
      let memory = try Kernel.sealedMemory(named: "containr-apparmor", Array(profile.text.utf8))
      // Opened anew, to be read from its beginning.
      let input = try Kernel.open(FilePath("/proc/self/fd/\(memory.raw)"))
      let output = try Kernel.pipe().release()
      let compiled = SharedFD(OwnedFD(taking: output.read))
      let far = OwnedFD(taking: output.write)
      let errors = try Kernel.pipe().release()
      let words = SharedFD(OwnedFD(taking: errors.read))
      let own = if let opened = try files.ownIfHidden() { SharedFD(opened) } else { nil as SharedFD? }
      let child = try spawn(parser, input, far, OwnedFD(taking: errors.write), own)
      // What it has to say of a text of ours fits the pipe.
      let bytes = try Kernel.readAll(compiled.raw)
      let complaints = try Kernel.readAll(words.raw)
      guard try child.wait() == .exited(0), !bytes.isEmpty else {
        let said = String(decoding: complaints.prefix(2000), as: UTF8.self).split(separator: "\n").joined(
          separator: "; ")
        throw SyscallError(errno: 22, operation: "apparmor_parser", path: parser, detail: said)
      }
      return bytes
    } catch {
      throw SecurityError(field: "apparmor", value: profile.name, reason: error.description)
    }
  }

  /// The far ends close with this call: the parser alone has them then, and their end is its end.
  private static func spawn(
    _ parser: FilePath, _ input: borrowing OwnedFD, _ output: consuming OwnedFD, _ errors: consuming OwnedFD,
    _ own: SharedFD?
  ) throws(SyscallError) -> ChildProcess {
    // By itself it would look for the host's.
    let features = own == nil ? [] : ["--kernel-features", "/proc/self/fd/3/apparmor/features"]
    return try ChildProcess.spawn(
      parser, arguments: [parser.string, "--skip-kernel-load", "--skip-cache", "--stdout"] + features,
      environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
      descriptors: [input.raw, output.raw, errors.raw] + (own.map { [$0.raw] } ?? []))
  }
}
