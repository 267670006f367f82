// Whether there is room for an image, before the first layer of it is asked for.
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrSystem

extension PullRun {
  /// Throws if the store's file system cannot hold what is missing of an image: its blobs as they come, and beside them the files
  /// of its layers, which are no smaller than their blobs. A lower bound: what fits may still fail.
  func checkRoom(for blobs: [Descriptor], unpacking layers: [ImageLayer]) throws {
    let store = puller.store
    var needed: Int64 = 0
    for blob in blobs where try !store.blobs.contains(blob.digest) { needed += blob.size }
    for layer in layers where try !store.isUnpacked(layer) { needed += layer.blob.size }
    let free = Int64(clamping: try FileSystemSpace(ofFuture: store.directory).freeBytes)
    if needed > free { throw ImageError.noRoom(request.reference.familiar, needed: needed, free: free) }
  }
}
