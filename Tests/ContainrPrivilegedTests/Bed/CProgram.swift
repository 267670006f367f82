// Small static C programs of the tests: what neither busybox nor Swift can do. Each is compiled once a test run.
import ContainrTestSupport
import Foundation

enum CProgram {
  private static let scratch = Result {
    // A static value never ends.
    atexit { CProgram.remove() }
    return try ScratchDirectory("c-programs")
  }

  /// Compiles it; answers its path. The caller keeps that.
  static func compiled(_ name: String, _ source: String) throws -> String {
    // A program that is written while another test executes it is "busy", or half of it.
    lock.lock()
    defer { lock.unlock() }
    if let there = programs[name] { return there }
    let directory = try scratch.get()
    let code = try directory.write(source, to: "\(name).c")
    let program = "\(directory.path)/\(name)"
    // The Swift toolchain brings clang; a machine's own cc will do as well.
    let compiler = Requirement.hasProgram("cc") ? "cc" : "clang"
    try run(compiler, ["-static", "-pthread", "-O1", "-w", "-o", program, code]).succeeding()
    programs[name] = program
    return program
  }

  private static let lock = NSLock()
  nonisolated(unsafe) private static var programs: [String: String] = [:]

  private static func remove() {
    guard case .success(let directory) = scratch else { return }
    try? FileManager.default.removeItem(atPath: directory.path)
  }
}
