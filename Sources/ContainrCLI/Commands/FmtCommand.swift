// `containr fmt`: lays out stack files anew; comments survive. Writes nothing that says anything else than before.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct FmtCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Lays out stack files: indentation, empty lines, blanks. Comments survive.",
    discussion: """
      Without a file, the stack files that are found are formatted; - reads standard input and writes standard output. \
      Names of files that change are printed. Exit code 2: --check found something to do, or a file cannot be formatted.
      """)

  @Argument(help: "Files; - is standard input.") var files: [String] = []
  @Flag(help: "Write nothing; exit code 2 if anything would change.") var check = false
  @Flag(help: "Write nothing; print what would change as a unified diff.") var diff = false
  @Flag(help: "Put the top-level keys into their usual order as well.") var sort = false
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if files.count > 1 && files.contains("-") { throw ValidationError("- cannot stand beside other files") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let run = FmtRun(context: context, writes: !check && !diff, showsDiff: diff, sortsSections: sort)
    var changed = 0
    var failed = 0
    for file in try inputs(context) {
      do {
        if try run.format(file) { changed += 1 }
      } catch let exit as CommandExit {
        // The other files are none the worse for it.
        context.errors.write(exit.text(context.errorInk))
        failed += 1
      }
    }
    if failed > 0 || (check && changed > 0) { throw CommandExit(.refused) }
  }

  private func inputs(_ context: CommandContext) throws -> [StackFile] {
    if files.isEmpty { return try StackChoice().reader(context).source.files }
    return files.map { name in
      name == "-"
        ? StackFile(place: .standardInput, shown: "<stdin>")
        : StackFile(place: .file(context.surroundings.absolute(name)), shown: name)
    }
  }
}

/// Formats single files.
struct FmtRun {
  var context: CommandContext
  var writes: Bool
  var showsDiff: Bool
  var sortsSections: Bool

  /// Answers whether the file is not as it should be.
  func format(_ file: StackFile) throws -> Bool {
    let bytes = try read(file)
    switch StackFormatter.format(file.shown, bytes, sortsSections: sortsSections) {
    case .unreadable(let findings, let source):
      context.errors.write(
        DiagnosticRenderer.render(findings, sources: [source], colour: context.errorInk.isOn))
      throw CommandExit(.refused)
    case .refused(let reason):
      throw CommandExit(.refused, "\(file.shown) stays as it is: \(reason)")
    case .formatted(let text):
      let isChanged = !text.utf8.elementsEqual(bytes)
      if showsDiff {
        let old = String(decoding: bytes, as: UTF8.self)
        context.output.write(
          UnifiedDiff(old, text, name: file.shown).text(context.ink, isForTerminal: context.output.isTerminal))
      } else if writes, case .standardInput = file.place {
        context.output.write(text)
      } else if isChanged {
        if writes { try write(text, to: file) }
        context.output.write("\(Displayed.safe(file.shown))\n")
      }
      return isChanged
    }
  }

  private func read(_ file: StackFile) throws -> [UInt8] {
    do throws(SyscallError) {
      switch file.place {
      case .standardInput: return try TextFile.standardInput()
      case .file(let path): return try TextFile.bytes(of: path)
      }
    } catch { throw CommandExit(.refused, "\(file.shown) cannot be read: \(error.reason)") }
  }

  private func write(_ text: String, to file: StackFile) throws {
    guard case .file(let path) = file.place else { return }
    do throws(SyscallError) { try FileReplacement.write(text, to: path) } catch {
      throw CommandExit(.refused, "\(file.shown) cannot be written: \(error.reason)")
    }
  }
}
