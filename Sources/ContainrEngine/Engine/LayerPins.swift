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
  /// What is not in the lock file is as wrong as what differs.
  public var isFrozen: Bool

  /// The pins of one lock file.
  public init(file: String, digests: [String: String], isFrozen: Bool) {
    self.file = file
    self.digests = digests
    self.isFrozen = isFrozen
  }

  /// A layer's digest as lock files have it: `sha256:…` of an archive, `tree-sha256:…` of a directory. nil: there is
  /// nothing at its path.
  public static func digest(of layer: LayerPlan) throws(EngineError) -> String? {
    do {
      switch layer.kind {
      case .archive: return "sha256:\(try ContentDigest.file(FilePath(layer.path)))"
      case .directory: return "tree-sha256:\(try ContentDigest.tree(FilePath(layer.path)))"
      }
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "layer \(layer.path)")
    }
  }

  /// The layers of these services that are not what the lock file says, each once. `digest` answers nil for a layer that
  /// is not there, which others tell.
  public func problems(
    _ services: [ServicePlan], digest: (LayerPlan) throws(EngineError) -> String?
  ) throws(EngineError) -> [Problem] {
    var problems: [Problem] = []
    var known: [String: String?] = [:]
    for service in services {
      for layer in service.layers where known[layer.path] == nil {
        let pinned = digests[layer.path]
        if pinned == nil && !isFrozen { continue }
        let found = try digest(layer)
        known[layer.path] = .some(found)
        guard let found, found != pinned else { continue }
        let origin = service.origins["layers"] ?? service.location
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

extension Preflight {
  /// Frozen: all layers of the stack, whatever is to be done. Else those of services of which something is made.
  mutating func checkPins(_ desired: StackPlan) throws {
    guard let pins else { return }
    let store = LayerStore(directory: settings.layersDirectory)
    problems += try pins.problems(pins.isFrozen ? desired.services : touched) { (layer) throws(EngineError) in
      guard layer.kind == .archive else { return try LayerPins.digest(of: layer) }
      // Archives are hashed once as long as they do not change.
      do throws(LayerError) {
        return try store.inspect(FilePath(layer.path), kind: .archive, remembers: false).digest.description
      } catch {
        return nil
      }
    }
  }
}
