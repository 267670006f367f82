// Reading config.json of a bundle, with errors that say where.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// A bundle on disk.
struct BundleReader {
  /// Absolute, without symlinks.
  let directory: FilePath
  let bytes: [UInt8]
  let spec: RuntimeSpec

  /// The greatest config that is read.
  static let limit = 16 << 20

  init(bundle: String, config: String = "config.json") throws(RuntimeFailure) {
    directory = try Self.real(bundle)
    let path = config.hasPrefix("/") ? FilePath(config) : directory.pushing(FilePath(config))
    (bytes, spec) = try Self.read(path, shown: config)
  }

  /// The config that was kept when the container was made. `entering`: only what a command that enters has to know; the
  /// container was made of the rest.
  init(kept directory: StateDirectory, bundle: String, entering: Bool = false) throws(RuntimeFailure) {
    self.directory = FilePath(bundle)
    (bytes, spec) = try Self.read(
      directory.config, shown: directory.config.string, passing: entering ? Self.ofCreation : [])
  }

  /// What is of no more interest when the container is there.
  private static let ofCreation: [StaticString] = [
    "mounts", "hooks", "annotations", "maskedPaths", "readonlyPaths", "resources", "devices", "sysctl", "uidMappings",
    "gidMappings", "timeOffsets",
  ]

  private static func real(_ bundle: String) throws(RuntimeFailure) -> FilePath {
    try attempt("bundle \(bundle)") { () throws(SyscallError) in
      let opened = try Kernel.open(FilePath(bundle.isEmpty ? "." : bundle), [.path, .directory])
      return FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(opened.raw)")))
    }
  }

  private static func read(
    _ path: FilePath, shown: String, passing: [StaticString] = []
  ) throws(RuntimeFailure) -> ([UInt8], RuntimeSpec) {
    let bytes = try attempt("read the config") { () throws(SyscallError) in
      try Kernel.contents(of: path, limit: limit)
    }
    let spec = try parse(bytes, shown: shown, passing: passing) { (value) throws(JSONShapeError) in
      try SpecDecoder.spec(value)
    }
    return (bytes, spec)
  }

  /// Reads a document of one of the specification's forms.
  static func parse<Value>(
    _ bytes: [UInt8], shown: String, passing: [StaticString] = [],
    _ decode: (JSONValue) throws(JSONShapeError) -> Value
  ) throws(RuntimeFailure) -> Value {
    let value: JSONValue
    do throws(JSONSyntaxError) { value = try JSONValue(bytes, passing: passing) } catch {
      let position = JSONPosition(offset: error.offset, in: bytes)
      throw RuntimeFailure("\(shown):\(position.line):\(position.column): \(error.reason)")
    }
    do throws(JSONShapeError) { return try decode(value) } catch {
      throw RuntimeFailure(error.text(file: shown, in: bytes))
    }
  }
}
