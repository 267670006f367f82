// Images that are made here: from a tree, from a tar, from another image and what a container changed.
public import ContainrImageSpec
public import ContainrSystem
public import SystemPackage

extension ImageStore {
  /// Packs a tree into a layer; borrows the directory. Hold the store.
  public func addLayer(
    packing directory: CInt, as form: LayerPacker.Form, owners: LayerPacker.Owners = .kept,
    _ compression: LayerCompression = .gzip
  ) throws(ImageError) -> (layer: ImageLayer, report: LayerPacker.Report) {
    let writer = try LayerWriter(self, compression, what: "a new layer")
    do {
      let report = try LayerPacker.pack(directory, as: form, owners: owners) { try writer.write($0) }
      return (try writer.finish(), report)
    } catch let error as ImageError {
      throw error
    } catch let error as SyscallError {
      throw .store(error)
    } catch {
      fatalError("\(error)")
    }
  }

  /// Takes a root file system's tar (plain, gzip, zstd, xz or bzip2; a file or a pipe) as a layer. Hold the store.
  public func addLayer(
    tar: consuming OwnedFD, name: String, program: FilePath, _ compression: LayerCompression = .gzip
  ) throws(ImageError) -> ImageLayer {
    let plain = try ImageSource.plain(tar, name, program, blobs.ingest)
    let writer = try LayerWriter(self, compression, what: name)
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = try BlobStore.storing { () throws(SyscallError) in try Kernel.read(plain.raw, into: &buffer) }
      if count == 0 { break }
      let result: Result<Void, ImageError> = buffer.withUnsafeBytes { all in
        Result { () throws(ImageError) in try writer.write(UnsafeRawBufferPointer(rebasing: all[..<count])) }
      }
      try result.get()
    }
    return try writer.finish()
  }

  /// Stores config and manifest of an image whose layers are stored, and answers the manifest's descriptor, which has a
  /// platform. The config's `diffIDs` are set here.
  public func addImage(
    _ config: ImageConfig, layers: [ImageLayer], annotations: [String: String] = [:]
  ) throws(ImageError) -> Descriptor {
    var config = config
    config.diffIDs = layers.map(\.diffID)
    let bytes = config.bytes
    let manifest = ImageManifest(
      config: Descriptor(
        mediaType: MediaType.ociConfig, digest: try blobs.add(bytes, what: "a config"), size: Int64(bytes.count)),
      layers: layers.map(\.blob), annotations: annotations)
    let text = manifest.bytes
    return Descriptor(
      mediaType: MediaType.ociManifest, digest: try blobs.add(text, what: "a manifest"), size: Int64(text.count),
      platform: config.platform)
  }
}
