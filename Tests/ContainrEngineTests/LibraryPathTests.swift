// Where shared libraries are looked for, on ELF files of a few hundred bytes that the test makes.
import Foundation
import SystemPackage
import Testing

@testable import ContainrEngine

/// A dynamic ELF file that has nothing but what its start depends on.
struct ELFBuilder {
  var interpreter: String?
  var needed: [String] = []
  var rpath: String?
  var runpath: String?

  var bytes: [UInt8] {
    var strings: [UInt8] = [0]
    func place(_ text: String) -> Int {
      let offset = strings.count
      strings.append(contentsOf: text.utf8)
      strings.append(0)
      return offset
    }
    var entries: [(tag: Int, value: Int)] = []
    for library in needed { entries.append((1, place(library))) }
    if let rpath { entries.append((15, place(rpath))) }
    if let runpath { entries.append((29, place(runpath))) }
    var name: [UInt8] = []
    if let interpreter {
      name.append(contentsOf: interpreter.utf8)
      name.append(0)
    }
    let start = 64 + 3 * 56
    let dynamic = start + name.count
    let table = dynamic + (entries.count + 2) * 16
    entries.append((5, table))
    entries.append((0, 0))

    var out: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]
    out.append(contentsOf: [UInt8](repeating: 0, count: 9))
    func put(_ value: Int, _ size: Int) {
      for index in 0..<size { out.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    // e_type … e_shstrndx, with the program headers behind the head.
    let head: [(value: Int, size: Int)] = [
      (3, 2), (Int(ELFImage.own), 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (3, 2), (0, 6),
    ]
    for field in head { put(field.value, field.size) }
    func segment(_ type: Int, _ offset: Int, _ length: Int) {
      put(type, 4)
      put(4, 4)
      for value in [offset, offset, offset, length, length, 1] { put(value, 8) }
    }
    segment(1, 0, table + strings.count)
    segment(2, dynamic, entries.count * 16)
    segment(interpreter == nil ? 0 : 3, start, name.count)
    out.append(contentsOf: name)
    for entry in entries {
      put(entry.tag, 8)
      put(entry.value, 8)
    }
    return out + strings
  }
}

@Suite("Where libraries are looked for")
struct LibraryPathTests {
  private static let loader = "/lib64/ld.so"

  /// What is wrong with `/app/bin/main` in a root of these files.
  private func problem(_ files: [String: ELFBuilder], loader: String = Self.loader) throws -> String? {
    let path = NSTemporaryDirectory() + "containr-elf-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, builder) in files.merging([loader: ELFBuilder()], uniquingKeysWith: { $1 }) {
      let file = URL(filePath: path + name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(builder.bytes).write(to: file)
      chmod(file.path, 0o755)
    }
    let diagnosis = ProgramDiagnosis(
      root: try LayeredRoot(layers: [FilePath(path)], mounts: []), path: "", environment: [], workingDirectory: "/")
    return try diagnosis.problem(of: "/app/bin/main")?.message
  }

  @Test("the built file is read as it was meant")
  func built() throws {
    let builder = ELFBuilder(interpreter: "/lib/ld", needed: ["a", "b"], rpath: "/r:/s", runpath: "/t")
    let image = try #require(ELFImage(builder.bytes))
    #expect(image.interpreter == "/lib/ld" && image.needed == ["a", "b"])
    #expect(image.oldPath == ["/r", "/s"] && image.runPath == ["/t"])
    #expect(ELFImage(ELFBuilder().bytes)?.runPath == nil)
  }

  @Test("DT_RPATH of a program counts for the needs of its libraries, and $ORIGIN in it is the program's")
  func inherited() throws {
    let main = ELFBuilder(interpreter: Self.loader, needed: ["one.so"], rpath: "$ORIGIN/../lib")
    let files = [
      "/app/bin/main": main, "/app/lib/one.so": ELFBuilder(needed: ["two.so"]), "/app/lib/two.so": ELFBuilder(),
    ]
    #expect(try problem(files) == nil)
    // Through a library that has a DT_RUNPATH for itself.
    let through = files.merging(
      [
        "/app/lib/two.so": ELFBuilder(needed: ["three.so"], runpath: "/own"),
        "/own/three.so": ELFBuilder(needed: ["four.so"]),
        "/app/lib/four.so": ELFBuilder(),
      ], uniquingKeysWith: { $1 })
    #expect(try problem(through) == nil)
  }

  @Test("it does not for a library that has DT_RUNPATH, nor where the program has both")
  func cut() throws {
    let main = ELFBuilder(interpreter: Self.loader, needed: ["one.so"], rpath: "/app/lib")
    let one = ELFBuilder(needed: ["two.so"], runpath: "/own")
    let message = try problem(["/app/bin/main": main, "/app/lib/one.so": one, "/app/lib/two.so": ELFBuilder()])
    #expect(
      message?.contains("needs the shared library two.so, which one.so needs, and it is not") == true,
      "\(message ?? "")")
    #expect(message?.contains("looked in /own, ") == true, "\(message ?? "")")
    let both = ELFBuilder(interpreter: Self.loader, needed: ["one.so"], rpath: "/app/lib", runpath: "/app/lib")
    let files = [
      "/app/bin/main": both, "/app/lib/one.so": ELFBuilder(needed: ["two.so"]), "/app/lib/two.so": ELFBuilder(),
    ]
    #expect(try problem(files)?.contains("two.so") == true)
  }

  @Test("for musl DT_RUNPATH counts for what is loaded as well")
  func musl() throws {
    let loader = "/lib/ld-musl-x86_64.so.1"
    let main = ELFBuilder(interpreter: loader, needed: ["one.so"], runpath: "/app/lib")
    let files = [
      "/app/bin/main": main, "/app/lib/one.so": ELFBuilder(needed: ["two.so"]), "/app/lib/two.so": ELFBuilder(),
    ]
    #expect(try problem(files, loader: loader) == nil)
  }
}
