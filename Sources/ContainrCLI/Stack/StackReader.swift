// Loads the stack that a command means: gathers what the pure loader needs, and shows everything that it finds.
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// A load of one stack file.
struct StackReader: Sendable {
  /// More than any stack file or `.env` needs; the loader's own limit is lower and has a place to point to.
  private static let byteLimit = 16 << 20

  var surroundings: Surroundings
  var source: StackSource
  var projectName: String?
  var profiles: [String] = []
  /// `--env-file`; nil: `.env` in the project directory, if there is one.
  var envFile: String?

  /// Reads the files and loads. Errors of the file are in the result; what cannot be read is thrown.
  func load() throws -> LoaderResult { StackLoader.load(try input()) }

  private func input() throws -> LoaderInput {
    LoaderInput(
      file: source.shown, bytes: try stackBytes(), absolutePath: source.path.string,
      projectDirectory: source.directory.string,
      projectName: projectName ?? surroundings.variable("COMPOSE_PROJECT_NAME"), environment: surroundings.environment,
      dotEnv: try dotEnv(),
      readFile: { path in
        // "Cannot be read" is a finding of the loader's, with the place that names the file.
        do throws(SyscallError) { return try Self.bytes(of: FilePath(path)) } catch { return nil }
      }, activeProfiles: profiles + listed("COMPOSE_PROFILES"))
  }

  private func stackBytes() throws -> [UInt8] {
    do throws(SyscallError) {
      switch source.place {
      case .standardInput: return try Kernel.readAll(0, limit: Self.byteLimit)
      case .file(let path): return try Self.bytes(of: path)
      }
    } catch { throw CommandExit(.refused, "the stack file \(source.shown) cannot be read: \(error.reason)") }
  }

  private func dotEnv() throws -> (file: String, bytes: [UInt8])? {
    let path = envFile.map(surroundings.absolute) ?? source.directory.appending(".env")
    let shown = envFile ?? shownBeside(".env")
    do throws(SyscallError) { return (shown, try Self.bytes(of: path)) } catch {
      if envFile == nil && error.errno == 2 { return nil }
      throw CommandExit(.refused, "the environment file \(shown) cannot be read: \(error.reason)")
    }
  }

  /// A file of the project directory, named as the stack file is.
  private func shownBeside(_ name: String) -> String {
    guard case .file(let path) = source.place, path.removingLastComponent() == source.directory else {
      return source.directory.appending(name).string
    }
    let folder = FilePath(source.shown).removingLastComponent()
    return folder.isEmpty ? name : folder.appending(name).string
  }

  private func listed(_ variable: String) -> [String] {
    (surroundings.variable(variable) ?? "").split(separator: ",").map(String.init)
  }

  private static func bytes(of path: FilePath) throws(SyscallError) -> [UInt8] {
    // A named pipe that nobody writes to would hang the command.
    let file = try Kernel.open(path, [.readOnly, .nonBlocking])
    if try Kernel.status(at: file.raw).isDirectory { throw SyscallError(errno: 21, operation: "read", path: path) }
    return try file.readAll(limit: byteLimit)
  }
}

extension SyscallError {
  /// The errno's words alone, where the sentence names the rest.
  var reason: String { Errno(rawValue: errno).description }
}
