// The wire form of mount steps. Field by field, in one order for both directions.
internal import ContainrOCI
public import ContainrRootfs

extension MountStep: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .overlay(let lowers, let upper, let work, let mountPoint, let passing, let idmap):
      writer.put(UInt8(0))
      writer.put(lowers)
      writer.put(upper)
      writer.put(work)
      writer.put(mountPoint)
      writer.put(passing != nil)
      if let passing { Self.put(passing.files, &writer) }
      Self.put(idmap, &writer)
    case .served(let overlay):
      writer.put(UInt8(14))
      writer.put(overlay.lowers)
      writer.put(overlay.upper)
      writer.put(overlay.work)
      Self.put(overlay.place, &writer)
    case .directory(let path): Self.put(1, path, &writer)
    case .devices: writer.put(UInt8(2))
    case .filesystem(let type, let target, let parameters, let attributes):
      Self.put(3, type, &writer)
      writer.put(target)
      writer.put(UInt32(parameters.count))
      for parameter in parameters {
        writer.put(parameter.key)
        writer.put(parameter.value)
      }
      writer.put(attributes.rawValue)
    case .bind(let source, let target, let recursive, let attributes, let propagation):
      Self.put(4, source, &writer)
      writer.put(target)
      writer.put(recursive)
      writer.put(attributes.rawValue)
      writer.put(propagation.rawValue)
    case .layers(let lowers, let target, let subpath, let idmap):
      writer.put(UInt8(13))
      writer.put(lowers)
      writer.put(target)
      writer.put(subpath)
      Self.put(idmap, &writer)
    case .request(let request):
      writer.put(UInt8(8))
      request.encode(to: &writer)
    case .nodes(let devices):
      writer.put(UInt8(9))
      writer.put(devices)
    case .deviceLinks: writer.put(UInt8(10))
    case .mask(let path): Self.put(5, path, &writer)
    case .readOnly(let path): Self.put(6, path, &writer)
    case .label(let context): Self.put(12, context, &writer)
    case .makeDirectory(let path): Self.put(11, path, &writer)
    case .readOnlyRoot: writer.put(UInt8(7))
    }
  }

  private static func put(_ tag: UInt8, _ path: String, _ writer: inout WireWriter) {
    writer.put(tag)
    writer.put(path)
  }

  private static func put(_ files: [ProvidedText], _ writer: inout WireWriter) {
    writer.put(UInt32(files.count))
    for file in files {
      writer.put(file.path)
      writer.put(file.text)
    }
  }

  private static func put(_ place: ServedOverlay.Place, _ writer: inout WireWriter) {
    switch place {
    case .root(let mountPoint, let files):
      writer.put(true)
      writer.put(mountPoint)
      put(files, &writer)
    case .target(let target, let subpath):
      writer.put(false)
      writer.put(target)
      writer.put(subpath)
    }
  }

  private static func place(from reader: inout WireReader) throws(WireError) -> ServedOverlay.Place {
    try reader.bool()
      ? .root(mountPoint: try reader.string(), files: try files(from: &reader))
      : .target(try reader.string(), subpath: try reader.optionalString())
  }

  private static func put(_ idmap: IDMap?, _ writer: inout WireWriter) {
    writer.put(idmap != nil)
    idmap?.encode(to: &writer)
  }

  private static func idmap(from reader: inout WireReader) throws(WireError) -> IDMap? {
    try reader.bool() ? try IDMap(from: &reader) : nil
  }

  private static func passing(from reader: inout WireReader) throws(WireError) -> PassingLayer? {
    try reader.bool() ? PassingLayer(files: try files(from: &reader)) : nil
  }

  private static func files(from reader: inout WireReader) throws(WireError) -> [ProvidedText] {
    var files: [ProvidedText] = []
    for _ in 0..<(try reader.number(UInt32.self)) {
      files.append(ProvidedText(path: try reader.string(), text: try reader.string()))
    }
    return files
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let tag: UInt8 = try reader.number()
    switch tag {
    case 0:
      self = .overlay(
        lowers: try reader.strings(), upper: try reader.optionalString(), work: try reader.optionalString(),
        mountPoint: try reader.string(), passing: try Self.passing(from: &reader), idmap: try Self.idmap(from: &reader))
    case 1: self = .directory(try reader.string())
    case 2: self = .devices
    case 3:
      let type = try reader.string()
      let target = try reader.string()
      var parameters: [MountParameter] = []
      for _ in 0..<(try reader.number(UInt32.self)) {
        parameters.append(MountParameter(try reader.string(), try reader.optionalString()))
      }
      self = .filesystem(
        type: type, target: target, parameters: parameters, attributes: MountAttributes(rawValue: try reader.number()))
    case 4:
      let source = try reader.string()
      let target = try reader.string()
      let recursive = try reader.bool()
      let attributes = MountAttributes(rawValue: try reader.number())
      guard let propagation = MountPropagation(rawValue: try reader.number()) else {
        throw WireError(description: "unknown propagation")
      }
      self = .bind(
        source: source, target: target, recursive: recursive, attributes: attributes, propagation: propagation)
    case 5: self = .mask(try reader.string())
    case 6: self = .readOnly(try reader.string())
    case 7: self = .readOnlyRoot
    case 8: self = .request(try MountRequest(from: &reader))
    case 9: self = .nodes(try reader.values())
    case 10: self = .deviceLinks
    case 11: self = .makeDirectory(try reader.string())
    case 12: self = .label(try reader.string())
    case 13:
      self = .layers(
        lowers: try reader.strings(), target: try reader.string(), subpath: try reader.optionalString(),
        idmap: try Self.idmap(from: &reader))
    case 14:
      self = .served(
        ServedOverlay(
          lowers: try reader.strings(), upper: try reader.optionalString(), work: try reader.optionalString(),
          place: try Self.place(from: &reader)))
    default: throw WireError(description: "\(tag) is no mount step")
    }
  }
}
