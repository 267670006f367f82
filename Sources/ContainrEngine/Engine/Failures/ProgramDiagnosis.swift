// Why a program could not begin: not there, not executable, without its interpreter, or without a shared library. Looks
// where the kernel and the dynamic loader would have looked, in the container's layers. Reads only.
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// What is wrong with a program, in words, and what can be done.
struct ProgramProblem: Sendable, Hashable {
  /// Without the container's name.
  var message: String
  var help: String?
}

/// Looks at one program in one root.
struct ProgramDiagnosis {
  /// Enough of a file for its headers and its dynamic section.
  private static let limit = 64 << 20
  /// Where glibc and musl look when nobody says otherwise.
  private static let libraryDirectories = [
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
    "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
  ]
  /// Files that name further directories.
  private static let configurations = ["/etc/ld.so.conf", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path"]

  let root: LayeredRoot
  let path: String
  let environment: [EnvironmentPlan]
  let workingDirectory: String

  /// nil: nothing is wrong that can be seen from here.
  func problem(of program: String) throws(SyscallError) -> ProgramProblem? {
    guard !program.contains("/") else {
      return try problem(at: program.hasPrefix("/") ? program : "\(workingDirectory)/\(program)", name: program)
    }
    let directories = path.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    for directory in directories {
      switch try root.find("\(directory)/\(program)") {
      case .mounted: return nil
      case .file(_, let status, _) where status.isRegular && status.mode & 0o111 != 0:
        return try problem(at: "\(directory)/\(program)", name: program)
      case .file, .missing: continue
      }
    }
    return ProgramProblem(
      message:
        "there is no program \(program) in the PATH of the container: looked in \(directories.joined(separator: ", "))",
      help: try elsewhere(program, than: directories).map { "it is at \($0): write the path, or set PATH" }
        ?? "write the program's whole path, or add the layer that has it")
  }

  /// A directory outside PATH that has it.
  private func elsewhere(_ program: String, than searched: [String]) throws(SyscallError) -> String? {
    for directory in [
      "/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/app", "/opt/bin",
    ]
    where !searched.contains(directory) {
      if case .file(_, let status, _) = try root.find("\(directory)/\(program)"), status.isRegular {
        return "\(directory)/\(program)"
      }
    }
    return nil
  }

  private func problem(at path: String, name: String) throws(SyscallError) -> ProgramProblem? {
    switch try root.find(path) {
    case .mounted: return nil
    case .missing: return ProgramProblem(message: "there is no file \(path) in the container", help: nil)
    case .file(let file, let status, let real):
      if status.isDirectory {
        return ProgramProblem(message: "\(path) is a directory", help: "name the program in it")
      }
      guard status.isRegular else { return ProgramProblem(message: "\(path) is no regular file", help: nil) }
      if status.mode & 0o111 == 0 {
        return ProgramProblem(message: "\(path) is not executable", help: "chmod +x it in the layer")
      }
      return try problem(in: try root.bytes(of: file, limit: Self.limit), at: path, real)
    }
  }

  private func problem(in bytes: [UInt8], at path: String, _ real: String) throws(SyscallError) -> ProgramProblem? {
    if bytes.starts(with: [0x23, 0x21]) { return try script(bytes, at: path) }
    guard let image = ELFImage(bytes) else {
      // 32-bit programs have another form, and binfmt_misc may know more.
      if bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return nil }
      return ProgramProblem(
        message: "\(path) is neither a program of this machine nor a script with a #! line",
        help: bytes.isEmpty ? "the file is empty" : "begin a script with #!/bin/sh, or name the shell in command:")
    }
    if image.machine != ELFImage.own {
      let names = (
        ELFImage.machines[image.machine] ?? "machine \(image.machine)", ELFImage.machines[ELFImage.own] ?? ""
      )
      return ProgramProblem(
        message: "\(path) is a program for \(names.0), and this machine is \(names.1)",
        help: "take the layer that was built for \(names.1)")
    }
    guard let interpreter = image.interpreter else { return nil }
    switch try root.find(interpreter) {
    case .mounted: return nil
    case .missing:
      return ProgramProblem(
        message: "\(path) needs the dynamic loader \(interpreter), which is not in the container",
        help: interpreter.contains("musl")
          ? "the program was built for Alpine (musl): use a layer with musl, or build it statically"
          : "use a layer with glibc, or build the program statically")
    case .file(_, let status, _):
      if status.mode & 0o111 == 0 {
        return ProgramProblem(message: "the dynamic loader \(interpreter) is not executable", help: nil)
      }
    }
    return try missingLibrary(image, path, real)
  }

  private func script(_ bytes: [UInt8], at path: String) throws(SyscallError) -> ProgramProblem? {
    let line = bytes.dropFirst(2).prefix { $0 != 0x0A }
    let words = String(decoding: line.prefix(256), as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\t" })
    guard let interpreter = words.first.map(String.init) else {
      return ProgramProblem(message: "the #! line of \(path) names no interpreter", help: nil)
    }
    // The carriage return is part of the name, as editors of another system write it.
    if interpreter.unicodeScalars.last == "\r" || line.last == 0x0D && words.count == 1 {
      return ProgramProblem(
        message: "the #! line of \(path) ends with a carriage return: there is no such interpreter",
        help: "save the script with line ends of Unix")
    }
    guard case .missing = try root.find(interpreter) else { return nil }
    return ProgramProblem(
      message: "\(path) is a script for \(interpreter), which is not in the container",
      help: "add the layer that has \(interpreter), or change the script's #! line")
  }

  // MARK: shared libraries

  /// The first library in the order of loading that is nowhere.
  private func missingLibrary(
    _ program: ELFImage, _ path: String, _ real: String
  ) throws(SyscallError) -> ProgramProblem? {
    let common = try commonDirectories()
    // ld.so(8): DT_RPATH counts for all that its object loads, but for no object that has DT_RUNPATH, and DT_RUNPATH counts
    // for its own object alone. For musl both are one thing, which counts for all that is loaded.
    let isMusl = program.interpreter?.contains("musl") == true
    var waiting = program.needed.map { (library: $0, by: path, image: program, at: real, inherited: [String]()) }
    var seen: Set<String> = []
    // Breadth first, as ld.so does; as many as no program has.
    while !waiting.isEmpty, seen.count < 1000 {
      let next = waiting.removeFirst()
      guard seen.insert(next.library).inserted else { continue }
      let origin = next.at.split(separator: "/").dropLast().map { "/\($0)" }.joined()
      let named = (next.image.runPath ?? next.image.oldPath).map {
        $0.replacing("$ORIGIN", with: origin).replacing("${ORIGIN}", with: origin)
      }
      let inherits = isMusl || next.image.runPath == nil
      let own = inherits ? named + next.inherited : named
      switch try find(next.library, in: own + common) {
      case .mounted: continue
      case .missing:
        let by = next.by == path ? "" : ", which \(next.by) needs,"
        return ProgramProblem(
          message: "\(path) needs the shared library \(next.library)\(by) and it is not in the container: looked in "
            + (own + common).joined(separator: ", "),
          help: "add the layer that has it, or set LD_LIBRARY_PATH")
      case .file(let file, _, let at):
        guard let image = ELFImage(try root.bytes(of: file, limit: Self.limit)) else { continue }
        waiting += image.needed.map { ($0, next.library, image, at, inherits ? own : next.inherited) }
      }
    }
    return nil
  }

  private func find(_ library: String, in directories: [String]) throws(SyscallError) -> LayeredRoot.Finding {
    if library.hasPrefix("/") { return try root.find(library) }
    for directory in directories where directory.hasPrefix("/") {
      switch try root.find("\(directory)/\(library)") {
      case .missing: continue
      case .mounted(let target): return .mounted(target: target)
      case .file(let file, let status, let path): return .file(file, status, path: path)
      }
    }
    return .missing
  }

  private func commonDirectories() throws(SyscallError) -> [String] {
    var directories: [String] = []
    if let value = environment.first(where: { $0.name == "LD_LIBRARY_PATH" })?.value {
      directories += value.split(separator: ":").map(String.init)
    }
    for file in Self.configurations { directories += try configured(file) }
    for directory in Self.libraryDirectories where !directories.contains(directory) {
      // Only those that exist are worth naming.
      if case .missing = try root.find(directory) { continue }
      directories.append(directory)
    }
    return directories
  }

  /// The directories that a file of the loader names, and those of files that it includes.
  private func configured(_ path: String, includes: Bool = true) throws(SyscallError) -> [String] {
    guard case .file(let file, let status, _) = try root.find(path), status.isRegular else { return [] }
    let text = String(decoding: try root.bytes(of: file, limit: 65_536), as: UTF8.self)
    var directories: [String] = []
    for line in text.split(whereSeparator: { $0.isNewline || $0 == ":" }).map(String.init) {
      if line.hasPrefix("/") {
        directories.append(line)
      } else if includes, line.hasPrefix("include "), line.hasSuffix("/*.conf") {
        let directory = String(line.dropFirst(8).dropLast(7))
        for name in try root.names(in: directory) where name.hasSuffix(".conf") {
          directories += try configured("\(directory)/\(name)", includes: false)
        }
      }
    }
    return directories
  }
}
