// Layers held against what a lock file says of them.
public import ContainrHost
internal import ContainrImages
public import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// The digests that a stack's layers have to have.
public struct LayerPins: Sendable {
  /// The lock file as the user would name it.
  public var file: String
  /// By the layer's absolute path.
  public var digests: [String: String]
  /// Of images, by reference.
  public var images: [String: String]
  /// What is not in the lock file is as wrong as what differs.
  public var isFrozen: Bool

  /// The pins of one lock file.
  public init(file: String, digests: [String: String], images: [String: String] = [:], isFrozen: Bool) {
    self.file = file
    self.images = images
    self.digests = digests
    self.isFrozen = isFrozen
  }

  /// What there is at a layer's path.
  public enum Finding: Sendable, Hashable {
    /// Its digest as lock files have it: `sha256:…` of an archive, `tree-sha256:…` of a directory.
    case digest(String)
    /// Nothing, or something of another kind.
    case missing
    /// Something that cannot be read, and why.
    case unreadable(String)
  }

  /// Reads a layer whole.
  public static func finding(of layer: LayerPlan) -> Finding {
    do throws(SyscallError) {
      switch layer.kind {
      case .archive: return .digest("sha256:\(try ContentDigest.file(FilePath(layer.path)))")
      case .directory, .layout: return .digest("tree-sha256:\(try ContentDigest.tree(FilePath(layer.path)))")
      // Of images the lock file has a section of its own.
      case .image, .unpacked: return .missing
      }
    } catch {
      return error.errno == 2 || error.errno == 20 ? .missing : .unreadable(error.description)
    }
  }

  /// The layers of these services that are not what the lock file says, each once. Not one that is not there, which
  /// others tell.
  public func problems(
    _ services: [ServicePlan], finding: (LayerPlan) throws(EngineError) -> Finding
  ) throws(EngineError) -> [Problem] {
    var problems: [Problem] = []
    var known: Set<String> = []
    for service in services {
      // A locked image is the one that is run: only what is not in the file can be wrong.
      for image in service.images where isFrozen && images[image.reference] == nil {
        guard known.insert("image:\(image.reference)").inserted else { continue }
        problems.append(
          Problem(
            code: "not-locked", message: "service \(service.name): the image \(image.reference) is not in \(file)",
            location: service.origin(ofImage: image.reference), help: "containr lock update \(service.name)"))
      }
      for layer in service.layers where layer.kind != .image && !known.contains(layer.path) {
        let pinned = digests[layer.path]
        if pinned == nil && !isFrozen { continue }
        known.insert(layer.path)
        let origin = service.origins["layers"] ?? service.location
        let found: String
        switch try finding(layer) {
        case .missing: continue
        case .unreadable(let reason):
          problems.append(.unreadable(layer, of: service, reason))
          continue
        case .digest(let digest): found = digest
        }
        if found == pinned { continue }
        let name = FilePath(layer.path).lastComponent?.string ?? layer.path
        if let pinned {
          problems.append(
            Problem(
              code: "lock-mismatch",
              message: "service \(service.name): layer \(name) is \(found), and \(file) says \(pinned)",
              location: origin,
              help: "put the layer back that was locked, or take this one: containr lock update \(service.name)"))
        } else {
          problems.append(
            Problem(
              code: "not-locked", message: "service \(service.name): layer \(name) is not in \(file)", location: origin,
              help: "containr lock update \(service.name)"))
        }
      }
    }
    return problems
  }
}

extension Problem {
  /// A layer is there and cannot be read.
  static func unreadable(_ layer: LayerPlan, of service: ServicePlan, _ reason: String) -> Problem {
    Problem(
      code: "unreadable-layer", message: "service \(service.name): layer \(layer.path) cannot be read: \(reason)",
      location: service.origins["layers"] ?? service.location)
  }
}

extension Preflight {
  /// The services whose layers count. Frozen: all of the stack, whatever is to be done. Else those of which something is
  /// made.
  var servicesWithLayers: [ServicePlan] { pins?.isFrozen == true ? desired?.services ?? [] : touched }

  /// After `checkLayers`, which tells what is not there.
  mutating func checkPins() throws {
    guard let pins else { return }
    let store = LayerStore(directory: settings.layersDirectory)
    let told = unreadableLayers
    problems += try pins.problems(servicesWithLayers) { (layer) throws(EngineError) in
      if told.contains(layer.path) { return .missing }
      guard layer.kind == .archive else { return LayerPins.finding(of: layer) }
      // Archives are hashed once as long as they do not change.
      do throws(LayerError) {
        return .digest(try store.inspect(FilePath(layer.path), kind: .archive, remembers: false).digest.description)
      } catch {
        switch error {
        case .missing, .wrongType: return .missing
        case .unreadable(_, let error): return .unreadable(error.description)
        default: throw EngineError(.kernel, error.description)
        }
      }
    }
  }
}
