// Preflight of mounts: sources are there and of the kind that their targets are. Reads only.
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  mutating func checkMounts(of service: ServicePlan, in desired: StackPlan) throws {
    for mount in service.mounts {
      let origin = service.origins["volumes.\(mount.target)"] ?? service.location
      switch mount.kind {
      case .bind: try checkBind(mount, of: service, at: origin)
      case .volume:
        if !mount.isAnonymous, !desired.volumes.contains(where: { $0.key == mount.source }) {
          add("unknown-volume", "service \(service.name): volume \(mount.source) is not declared", at: origin)
        }
      // Images are looked at with those that are run.
      case .tmpfs, .image: break
      }
    }
  }

  /// Every config and secret can be read now, so that nothing is stopped for one that cannot.
  mutating func checkFiles(of service: ServicePlan, in desired: StackPlan) {
    let reading = ContentReading(desired: desired, key: nil)
    for file in service.files {
      do throws(ContentReading.Failure) {
        _ = try reading.content(of: file)
      } catch {
        add(
          "unreadable-\(file.kind.rawValue)",
          "service \(service.name): \(file.kind.rawValue) \(file.source) is not to be had: \(error)",
          at: service.origins["content.\(file.target)"] ?? service.origins[file.path] ?? service.location)
      }
    }
  }

  private mutating func checkBind(_ mount: MountPlan, of service: ServicePlan, at origin: SourceLocation) throws {
    let target = try Self.target(mount.target, in: service.layers)
    guard let source = try Self.status(FilePath(mount.source)) else {
      let help = "make it first; a missing file never becomes a directory"
      if !mount.createHostPath {
        add("missing-bind-source", "service \(service.name): \(mount.source) does not exist", at: origin, help: help)
      } else if let target, !target.isDirectory {
        add(
          "missing-bind-source",
          "service \(service.name): \(mount.source) does not exist; its target \(mount.target) is a file in \(target.layer)",
          at: origin, help: help)
      } else if target == nil, Self.looksLikeFile(mount) {
        add(
          "missing-bind-source",
          "service \(service.name): \(mount.source) does not exist, and its target \(mount.target) looks like a file",
          at: origin,
          help: help)
      }
      return
    }
    guard let target, source.isDirectory != target.isDirectory else { return }
    func kind(_ isDirectory: Bool) -> String { isDirectory ? "a directory" : "a file" }
    add(
      "bind-kind",
      "service \(service.name): \(mount.source) is \(kind(source.isDirectory)), its target \(mount.target) is "
        + "\(kind(target.isDirectory)) in \(target.layer)", at: origin,
      help: "a file goes onto a file, a directory onto a directory")
  }

  /// What stands at the path in the layers, as far as those that are directories can tell; nil: nothing, or unknown.
  private static func target(_ path: String, in layers: [LayerPlan]) throws -> (isDirectory: Bool, layer: String)? {
    for layer in layers.reversed() {
      guard layer.kind == .directory, try status(FilePath(layer.path))?.isDirectory == true else { return nil }
      let root = try Kernel.open(FilePath(layer.path), [.path, .directory])
      do {
        let file = try Kernel.open(FilePath(path), at: root.raw, [.path], resolve: [.inRoot, .noMagicLinks])
        return (try Kernel.status(at: file.raw).isDirectory, layer.path)
      } catch {
        // A symlink may lead into another layer.
        if error.errno != 2 && error.errno != 20 { return nil }
        if try isLink(path, in: root.raw) { return nil }
      }
    }
    return nil
  }

  /// `./nginx.conf:/etc/nginx/nginx.conf`: nobody means a directory. `conf.d` is one.
  private static func looksLikeFile(_ mount: MountPlan) -> Bool {
    guard let name = FilePath(mount.source).lastComponent, name == FilePath(mount.target).lastComponent else {
      return false
    }
    return name.`extension`.map { !$0.isEmpty && $0 != "d" } ?? false
  }
}
