// The wire form of the messages: version, tag, payload.
internal import ContainrSystem
internal import SystemPackage

extension InitMessage {
  /// The message as it is sent.
  public var bytes: [UInt8] {
    var writer = WireWriter()
    writer.put(Self.version)
    switch self {
    case .request(let request):
      writer.put(UInt8(0))
      writer.put(request.rawValue)
    case .spawned(let pid):
      writer.put(UInt8(1))
      writer.put(pid)
    case .namespaces: writer.put(UInt8(2))
    case .proceed: writer.put(UInt8(3))
    case .executing: writer.put(UInt8(4))
    case .failed(let failure):
      writer.put(UInt8(5))
      writer.put(failure.stage)
      writer.put(failure.error.errno)
      writer.put(failure.error.operation)
      writer.put(failure.error.path?.string)
      writer.put(failure.error.detail)
    case .mounted: writer.put(UInt8(8))
    case .created: writer.put(UInt8(9))
    case .terminal: writer.put(UInt8(10))
    case .listener: writer.put(UInt8(11))
    case .exited(.exited(let code)):
      writer.put(UInt8(6))
      writer.put(code)
    case .exited(.signalled(let signal)):
      writer.put(UInt8(7))
      writer.put(signal)
    }
    return writer.bytes
  }

  /// Reads a whole message; a short, long or foreign one is an error.
  public init(bytes: [UInt8]) throws(WireError) {
    var reader = WireReader(bytes)
    let version: UInt16 = try reader.number()
    guard version == Self.version else {
      throw WireError(
        description: "the shim speaks protocol \(version), this program \(Self.version): install both of one version")
    }
    let tag: UInt8 = try reader.number()
    switch tag {
    case 0:
      guard let request = ShimRequest(rawValue: try reader.number()) else {
        throw WireError(description: "unknown request")
      }
      self = .request(request)
    case 1: self = .spawned(try reader.number())
    case 2: self = .namespaces
    case 3: self = .proceed
    case 4: self = .executing
    case 5:
      let stage = try reader.string()
      let errno: Int32 = try reader.number()
      let operation = try reader.string()
      let path = try reader.optionalString()
      let detail = try reader.optionalString()
      self = .failed(
        InitFailure(
          stage: stage,
          error: SyscallError(errno: errno, operation: operation, path: path.map { FilePath($0) }, detail: detail)))
    case 6: self = .exited(.exited(try reader.number()))
    case 7: self = .exited(.signalled(try reader.number()))
    case 8: self = .mounted
    case 9: self = .created
    case 10: self = .terminal
    case 11: self = .listener
    default: throw WireError(description: "unknown message \(tag)")
    }
    try reader.end()
  }
}
