// Unpacks archives of tests into a scratch directory, without the process and its walls.
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

/// A scratch directory with what was unpacked into it, in a `root` of its own.
struct Unpacked {
  let scratch: ScratchDirectory
  let report: UnpackReport
  var root: FilePath { FilePath(scratch.path).appending("root") }

  init(_ archive: [UInt8], limits: UnpackLimits = UnpackLimits(), marksAreFiles: Bool = false) throws {
    scratch = try ScratchDirectory("unpack")
    let root = FilePath(scratch.path).appending("root")
    try Kernel.makeDirectory(root, mode: 0o755)
    let file = FilePath(scratch.path).appending("archive")
    try Kernel.replace(file, with: archive)
    try ArchiveReader.prepareLocale()
    let source = try Kernel.open(file)
    let directory = try Kernel.open(root, [.readOnly, .directory])
    report = try LayerUnpacker.unpack(
      archive: source.raw, marksAreFiles: marksAreFiles, into: directory.raw, limits: limits)
  }

  init(marksAreFiles: Bool = false, _ build: (inout TarBuilder) -> Void) throws {
    var tar = TarBuilder()
    build(&tar)
    try self.init(tar.archive, marksAreFiles: marksAreFiles)
  }

  func text(_ name: String) throws -> String { try Kernel.text(of: root.appending(name)) }
  func status(_ name: String) throws -> FileStatus {
    try Kernel.status(of: name.isEmpty ? root : root.pushing(FilePath(name)), followSymlinks: false)
  }
  func exists(_ name: String) throws -> Bool { try Kernel.exists(root.pushing(FilePath(name))) }
  func attribute(_ name: String, of file: String) throws -> [UInt8]? {
    let fd = try Kernel.open(root.pushing(FilePath(file)))
    return ExtendedAttribute.value(name, of: fd.raw)
  }
}

/// The refusal's words for a hostile archive; a test failure if it is accepted.
func refusal(limits: UnpackLimits = UnpackLimits(), _ build: (inout TarBuilder) -> Void) throws -> String {
  var tar = TarBuilder()
  build(&tar)
  return try refusal(of: tar.archive, limits: limits)
}

func refusal(of archive: [UInt8], limits: UnpackLimits = UnpackLimits()) throws -> String {
  do {
    _ = try Unpacked(archive, limits: limits)
  } catch let error as UnpackError {
    return error.description
  }
  Issue.record("the archive was accepted")
  return ""
}
