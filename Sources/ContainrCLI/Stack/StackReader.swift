// Loads the stack that a command means: gathers what the pure loader needs.
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// A load of one stack.
struct StackReader: Sendable {
  var settings: StackSettings
  var source: StackSource
  /// What the load is for.
  var purpose = LoaderPurpose.run
  /// The steps that are taken.
  var options = ModelOptions()
  /// Numbers of containers by service, instead of those of the files.
  var scale: [String: Int] = [:]
  /// A text that is one more override file.
  var override: String?
  /// False: nobody reads the result's model.
  var wantsModel = true

  /// Reads the files and loads. Errors of the file are in the result; what cannot be read is thrown.
  func load() throws -> LoaderResult { StackLoader.load(try input()) }

  /// What the loader is given; reads standard input if a file is that.
  func input() throws -> LoaderInput {
    var files = try source.files.map(read)
    if let override {
      files.append(
        LoaderFile(
          file: CommandLineText.file, absolutePath: source.directory.appending(CommandLineText.file).string,
          bytes: Array(override.utf8)))
    }
    var input = LoaderInput(
      files: files, projectDirectory: source.directory.string, projectName: settings.projectName,
      environment: settings.surroundings.environment, dotEnvs: settings.envFiles,
      readFile: { path in
        // "Cannot be read" is a finding of the loader's, with the place that names the file.
        do throws(SyscallError) { return try TextFile.bytes(of: FilePath(path)) } catch { return nil }
      }, activeProfiles: settings.profiles, purpose: purpose)
    input.options = options
    input.caller = try settings.surroundings.caller()
    input.scale = scale
    input.wantsModel = wantsModel
    return input
  }

  private func read(_ file: StackFile) throws -> LoaderFile {
    do throws(SyscallError) {
      let bytes =
        switch file.place {
        case .standardInput: try TextFile.standardInput()
        case .file(let path): try TextFile.bytes(of: path)
        }
      return LoaderFile(file: file.shown, absolutePath: file.path(in: source.directory).string, bytes: bytes)
    } catch { throw CommandExit(.refused, "the stack file \(file.shown) cannot be read: \(error.reason)") }
  }
}
