// Holding what is on the disk against what it was when it came.
public import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

extension ImageStore {
  /// What a verification found.
  public struct Verification: Sendable, Hashable {
    /// Blobs that were read.
    public var blobs = 0
    /// Bytes of those.
    public var bytes: Int64 = 0
    /// What is wrong, one sentence each.
    public var faults: [String] = []
    /// Blobs whose content is not their digest's.
    public var damaged: [Digest] = []
    /// The same of blobs that are no image's: what was cut on its way here. No fault of anything that is here.
    public var unfinished: [Digest] = []
  }

  /// Reads every blob of the store, and follows every name to its config and layers. Reads only. `progress` hears bytes
  /// done and bytes in all.
  public func verify(progress: (Int64, Int64) -> Void = { _, _ in }) throws(ImageError) -> Verification {
    var result = Verification()
    let all = try blobs.list()
    var total: Int64 = 0
    for digest in all { total += try blobs.size(digest) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let named = try named()
    for digest in all {
      let file = try blobs.open(digest)
      var hash = ContentHash(digest.algorithm)
      while true {
        let count = try BlobStore.storing { () throws(SyscallError) in try Kernel.read(file.raw, into: &buffer) }
        if count == 0 { break }
        buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        result.bytes += Int64(count)
        progress(result.bytes, total)
      }
      result.blobs += 1
      if hash.finish() == digest { continue }
      if let named, !named.contains(digest) {
        result.unfinished.append(digest)
      } else {
        result.damaged.append(digest)
        result.faults.append("the blob \(digest) is damaged")
      }
    }
    for entry in try entries() {
      let name = entry.reference?.familiar ?? entry.descriptor.digest.description
      do {
        let missing = try self.missing(entry.descriptor, name)
        result.faults += missing.map { "\(name): the blob \($0) is missing" }
      } catch {
        result.faults.append("\(name): \(error)")
      }
    }
    return result
  }

  /// The blobs to which names lead; nil: something on the way is damaged, and nobody knows where it led.
  private func named() throws(ImageError) -> Set<Digest>? {
    var reached: Set<Digest> = []
    var layers: Set<LayerDigest> = []
    for entry in try entries() {
      do throws(ImageError) { try reach(entry.descriptor.digest, &reached, &layers, depth: 0) } catch { return nil }
    }
    return reached
  }

  /// Removes blobs that are damaged, so that the next pull or load brings them again. Hold nothing.
  public func discard(_ damaged: [Digest]) throws(ImageError) {
    let hold = try StoreHold.take(self, shared: false, wait: false)
    for digest in damaged { try blobs.remove(digest) }
    _ = consume hold
  }

  /// What of an image is not here in its full length. Of an index only the images count of which something is here: those
  /// of other platforms need not be.
  private func missing(_ target: Descriptor, _ name: String, depth: Int = 0) throws(ImageError) -> [Digest] {
    let bytes = try blobs.bytes(target.digest, limit: ImageDocuments.manifestLimit)
    switch try ImageDocuments.manifest(bytes, mediaType: target.mediaType, what: name) {
    case .index(let index):
      var all: [Digest] = []
      for child in index.manifests where depth < 4 {
        if try blobs.contains(child.digest) { all += try missing(child, name, depth: depth + 1) }
      }
      return all
    case .image(let manifest):
      var all: [Digest] = []
      for blob in [manifest.config] + manifest.layers where try !blobs.contains(blob.digest, size: blob.size) {
        all.append(blob.digest)
      }
      return all
    }
  }
}
