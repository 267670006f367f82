// Applies the loader's fixes to the files that the user named and to the project's `.env`. Included files are others'.
internal import ContainrSpec
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

/// One run of `check --fix`.
struct StackFixer {
  var input: LoaderInput
  var includesMaybe: Bool

  /// Fixes and writes. What cannot be written, or was changed by somebody else meanwhile, ends it: then no further
  /// file is written.
  func run() throws -> (result: LoaderResult, changes: [FixRun.Change]) {
    let files = input.files + input.dotEnvs
    let contents = Dictionary(files.map { ($0.file, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    let outcome = FixRun.run(contents, includesMaybe: includesMaybe) { StackLoader.load(with($0)).diagnostics }
    for file in files {
      guard let bytes = outcome.files[file.file] else { continue }
      try write(bytes, over: file)
    }
    let result = StackLoader.load(with(contents.merging(outcome.files) { _, new in new }))
    return (result, outcome.changes)
  }

  private func write(_ bytes: [UInt8], over file: LoaderFile) throws {
    do throws(SyscallError) {
      try FileReplacement.write(bytes, over: file.bytes, at: FilePath(file.absolutePath))
    } catch {
      let reason =
        switch error.errno {
        case EBUSY: "it has changed since it was read"
        case EMLINK: "it has several names (hard links)"
        default: error.reason
        }
      throw CommandExit(.failure, "\(file.file) cannot be fixed: \(reason)", notes: ["the file is as it was"])
    }
  }

  private func with(_ contents: [String: [UInt8]]) -> LoaderInput {
    var input = input
    for index in input.files.indices { input.files[index].bytes = contents[input.files[index].file]! }
    for index in input.dotEnvs.indices { input.dotEnvs[index].bytes = contents[input.dotEnvs[index].file]! }
    return input
  }
}
