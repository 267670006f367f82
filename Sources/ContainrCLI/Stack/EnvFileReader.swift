// Reads the files of variables that a command is given or finds: --env-file, COMPOSE_ENV_FILES, .env.
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

struct EnvFileReader: Sendable {
  var surroundings: Surroundings

  /// Whether files are named, by these options or by COMPOSE_ENV_FILES; then no `.env` is looked for.
  func areNamed(_ options: [String]) -> Bool { !names(options).isEmpty }

  /// The files that are named; nil if none is. One that is not there ends the command.
  func named(_ options: [String]) throws -> [LoaderFile]? {
    let names = names(options)
    return names.isEmpty ? nil : try names.map { try read(surroundings.absolute($0), shown: $0) }
  }

  /// The `.env` of a directory, unless there is none or COMPOSE_DISABLE_ENV_FILE forbids it.
  func dotEnv(in directory: FilePath, shown: String?) throws -> [LoaderFile] {
    if try isDisabled { return [] }
    let path = directory.appending(".env")
    guard try isFile(path) else { return [] }
    let here = directory == surroundings.workingDirectory ? ".env" : path.string
    return [try read(path, shown: shown ?? here)]
  }

  private func isFile(_ path: FilePath) throws(SyscallError) -> Bool {
    do {
      return try !Kernel.status(of: path).isDirectory
    } catch {
      if [ENOENT, ENOTDIR].contains(error.errno) { return false }
      throw error
    }
  }

  private func names(_ options: [String]) -> [String] {
    if !options.isEmpty { return options }
    return (surroundings.variable("COMPOSE_ENV_FILES") ?? "").split(separator: ",").map(String.init)
  }

  private var isDisabled: Bool {
    get throws {
      switch surroundings.variable("COMPOSE_DISABLE_ENV_FILE") {
      case "1", "t", "T", "true", "TRUE", "True": return true
      case nil, "0", "f", "F", "false", "FALSE", "False": return false
      case .some(let value):
        throw CommandExit(
          .failure, "COMPOSE_DISABLE_ENV_FILE is '\(value)', which is neither true nor false",
          help: "write true or false")
      }
    }
  }

  private func read(_ path: FilePath, shown: String) throws -> LoaderFile {
    do throws(SyscallError) {
      return LoaderFile(file: shown, absolutePath: path.string, bytes: try TextFile.bytes(of: path))
    } catch { throw CommandExit(.refused, "the environment file \(shown) cannot be read: \(error.reason)") }
  }
}
