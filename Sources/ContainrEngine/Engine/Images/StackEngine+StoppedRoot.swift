// The root of a container that does not run: its layers with its writable one, seen without a place in any mount namespace,
// and beside it what would be mounted. Nothing starts from here.
internal import ContainrHost
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

extension StackEngine {
  /// `isWritten`: what is written goes into the container's own layer; the stack's lock is held.
  func stoppedRoot(_ record: ContainerRecord, isWritten: Bool) throws -> CopyRoot {
    let plan = try record.runningPlan()
    // The layers below have other ids in it, which only a process of its user namespace could give them.
    if isWritten, record.ids != 0 {
      throw EngineError(
        .settings,
        "container \(record.name.display) has ids of its own: files are copied into it only while it runs")
    }
    let layers = try layerDirectories(record, plan, all: true)
    let writable = isWritten && !plan.readOnly ? (upper: layers[0], work: settings.work(record.id)) : nil
    let view = try LayersView(
      Array(writable == nil ? layers.reversed() : layers.dropFirst().reversed()), writable: writable,
      maker: try settings.overlayMaker())
    let root = view.release()
    var mounts = try plan.mounts.map { try mount($0, of: record) }
    mounts += plan.files.map { file in
      CopyRoot.Mount(
        target: FilePath(file.target), isReadOnly: true, words: "the \(file.kind.rawValue) \(file.source)")
    }
    mounts.sort { $0.target.components.count > $1.target.components.count }
    return CopyRoot(root: SharedFD(root), mounts: mounts, isWritten: isWritten)
  }

  private func mount(_ plan: ContainrSpec.MountPlan, of record: ContainerRecord) throws -> CopyRoot.Mount {
    var mount = CopyRoot.Mount(target: FilePath(plan.target), isReadOnly: plan.readOnly, words: "a tmpfs")
    var source: FilePath?
    switch plan.kind {
    case .tmpfs: break
    case .bind:
      mount.words = plan.source
      source = FilePath(plan.source)
    case .volume:
      let contents = try contents()
      let name =
        plan.isAnonymous
        ? VolumeGiver.inherited(record.name, target: plan.target, contents)
        : record.volumes.first { $0.key == plan.source }?.name
      mount.words = "the volume \(name ?? plan.source)"
      source = try name.flatMap { try volumeDirectory($0, contents) }
    case .image:
      mount.words = "the image \(plan.source)"
      let store = LayerStore(directory: settings.layersDirectory)
      let layers = try plan.layers.compactMap { try LayerDigest($0).flatMap { try store.unpackedPath($0) } }
      if layers.count == plan.layers.count, !layers.isEmpty {
        let view = SharedFD(try LayersView(layers, maker: try settings.overlayMaker()).release())
        mount.view = view
        mount.place =
          try plan.subpath.map { (path) in
            SharedFD(try Kernel.open(FilePath(path), at: view.raw, [.path], resolve: [.inRoot, .noMagicLinks]))
          } ?? view
      }
    }
    guard let source else { return mount }
    do {
      let whole = try Kernel.open(source, [.path])
      if let subpath = plan.subpath {
        mount.place = SharedFD(
          try Kernel.open(FilePath(subpath), at: whole.raw, [.path], resolve: [.beneath, .noMagicLinks]))
      } else {
        mount.place = SharedFD(whole)
      }
    } catch {
      if ![2, 18, 20].contains(error.errno) { throw error }
    }
    if let place = mount.place, try !Kernel.status(at: place.raw).isDirectory {
      mount.file = plan.subpath.map { source.appending($0) } ?? source
    }
    return mount
  }

  /// nil: its file system is mounted only while somebody uses it, and it is not.
  private func volumeDirectory(_ name: String, _ contents: StoreContents) throws -> FilePath? {
    let options = contents.volumes.first { $0.name == name }?.options ?? []
    if let local = try VolumeGiver.local(options, of: name) {
      if local.isBind { return FilePath(local.device) }
      guard let record = contents.volumes.first(where: { $0.name == name }), try isMounted(record) else { return nil }
    }
    return try VolumeStore(directory: settings.volumesDirectory).path(name)
  }
}
