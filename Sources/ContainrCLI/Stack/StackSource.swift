// Where a stack's text comes from: its files in order, and the directory that paths in them count from. Values only.
internal import SystemPackage

/// One text of a stack.
struct StackFile: Sendable, Hashable {
  enum Place: Sendable, Hashable {
    case standardInput
    /// Absolute.
    case file(FilePath)
  }
  var place: Place
  /// The file as the user would name it: what diagnostics print.
  var shown: String

  /// Absolute path of the file; for standard input a name in `directory` that no file has.
  func path(in directory: FilePath) -> FilePath {
    switch place {
    case .file(let path): path
    case .standardInput: directory.appending("<stdin>")
    }
  }
}

/// The files of one stack.
struct StackSource: Sendable, Hashable {
  /// A file that was not taken because another one was: somebody may have meant it.
  struct Rival: Sendable, Hashable {
    var taken: String
    var left: String
  }

  /// Never empty; later ones override earlier ones. The first one gives the stack its path.
  var files: [StackFile]
  /// What relative paths in the files count from; also names the stack if nothing else does.
  var directory: FilePath
  var rivals: [Rival] = []

  /// Absolute path of the first file: with the name, it identifies the stack.
  var path: FilePath { files[0].path(in: directory) }

  /// A file of the project directory, named as the stack file is.
  func shown(beside name: String) -> String {
    guard case .file(let path) = files[0].place, path.removingLastComponent() == directory else {
      return directory.appending(name).string
    }
    let folder = FilePath(files[0].shown).removingLastComponent()
    return folder.isEmpty ? name : folder.appending(name).string
  }
}
