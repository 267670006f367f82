// An image's layers as directories for overlayfs.
internal import ContainrImageSpec
public import SystemPackage

extension ImageStore {
  /// The directory of one layer, unpacked by `program` unless it is already. `progress` hears how many of the blob's
  /// bytes are done, and how many there are.
  @discardableResult
  public func unpack(
    _ layer: ImageLayer, program: FilePath, progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(ImageError) -> FilePath {
    do {
      return try layerStore.prepare(
        blobs.path(layer.blob.digest), content: layer.unpacked, compression: layer.compression, program: program,
        progress: progress)
    } catch {
      throw .layer(error)
    }
  }

  /// Whether a layer is unpacked.
  public func isUnpacked(_ layer: ImageLayer) throws(ImageError) -> Bool {
    do { return try layerStore.unpackedPath(layer.unpacked) != nil } catch { throw .layer(error) }
  }

  /// The directories of all layers, lowest first, if they are unpacked; nil otherwise.
  public func unpackedLayers(of image: StoredImage) throws(ImageError) -> [FilePath]? {
    var all: [FilePath] = []
    do throws(LayerError) {
      for layer in image.layers {
        guard let path = try layerStore.unpackedPath(layer.unpacked) else { return nil }
        all.append(path)
      }
    } catch {
      throw .layer(error)
    }
    return all
  }

  /// The digests by which the layer store knows an image's layers, lowest first.
  public func layerDigests(of image: StoredImage) -> [LayerDigest] { image.layers.map(\.unpacked) }
}
