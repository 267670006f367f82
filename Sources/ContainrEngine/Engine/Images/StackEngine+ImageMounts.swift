// Images that are looked at on this host, mounted read-only. The kernel's own list of mounts says which there are.
public import ContainrHost
public import ContainrImageSpec
internal import ContainrImages
internal import ContainrRootfs
internal import ContainrSystem
public import SystemPackage

/// One mounted image.
public struct ImageMount: Sendable, Hashable {
  /// Its manifest's digest.
  public var digest: Digest
  /// Where.
  public var directory: String
}

extension StackEngine {
  /// How mountinfo calls them.
  private static let mountSource = "containr-image:"

  /// Writes an image's files as a tar, its layers over each other; answers what is left out.
  public func exportImage(
    _ name: String, platform: Platform?, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [String] {
    let store = imageStore
    let hold = try store.hold()
    let (_, image) = try store.find(name, platform: platform)
    let layers = try image.layers.map { try store.unpack($0, program: settings.program) }
    if layers.isEmpty { throw EngineError(.settings, "the image \(name) has no layers") }
    let root = try LayersView(layers, maker: try settings.overlayMaker()).release()
    let omitted = try LayerPacker.pack(root.raw, as: .tree, take: take).omitted
    _ = consume hold
    return omitted
  }

  /// Mounts an image's files read-only on a directory of this host, and answers its manifest's digest. It stays, and keeps
  /// its image, until `unmountImage` or a reboot.
  public func mountImage(_ name: String, platform: Platform?, on directory: FilePath) throws -> Digest {
    if try !settings.overlayMaker().isKernel {
      throw EngineError(
        .settings,
        "images are in \(settings.stateDirectory), where marks of layers are not the kernel's, and nobody would stay to "
          + "serve the mount: export it (containr image export), or use a state directory elsewhere")
    }
    let store = imageStore
    let hold = try store.hold()
    let (_, image) = try store.find(name, platform: platform)
    var layers = try image.layers.map { try store.unpack($0, program: settings.program) }
    // overlayfs wants two without a writable one.
    if layers.isEmpty { throw EngineError(.settings, "the image \(name) has no layers") }
    if layers.count == 1 {
      let empty = settings.imagesDirectory.appending("empty")
      try Kernel.makeDirectories(empty, mode: 0o755)
      layers.insert(empty, at: 0)
    }
    let digest = image.manifestDescriptor.digest
    try LayersView(layers, source: Self.mountSource + digest.description).attach(onto: directory)
    _ = consume hold
    return digest
  }

  /// Takes an image off a directory; an error if none is there.
  public func unmountImage(_ directory: FilePath) throws(EngineError) {
    guard try imageMounts().contains(where: { $0.directory == directory.string }) else {
      throw EngineError(.settings, "no image is mounted on \(directory)")
    }
    do throws(SyscallError) { try MountPoint.detach(directory) } catch {
      throw EngineError(error, "unmount \(directory)")
    }
  }

  /// The images that are mounted in this mount namespace.
  public func imageMounts() throws(EngineError) -> [ImageMount] {
    let text: String
    do throws(SyscallError) { text = try Kernel.text(of: "/proc/self/mountinfo") } catch {
      throw EngineError(error, "read the mounts")
    }
    // 36 35 98:0 / POINT options - TYPE SOURCE options
    return text.split(separator: "\n").compactMap { line in
      guard let range = line.firstRange(of: " - overlay \(Self.mountSource)") else { return nil }
      let source = line[range.upperBound...].prefix { $0 != " " }
      let fields = line.split(separator: " ", maxSplits: 5)
      guard let digest = Digest(String(source)), fields.count > 5 else { return nil }
      return ImageMount(digest: digest, directory: MountInfo.unescaped(fields[4]))
    }
  }
}
