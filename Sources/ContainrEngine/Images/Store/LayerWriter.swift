// A tar on its way into the store as a layer: compressed, and known by both digests at its end.
internal import CCompression
public import ContainrImageSpec

/// Takes the bytes of one tar. Not for several threads at once.
public final class LayerWriter {
  private let writer: BlobWriter
  private let compression: LayerCompression
  private let packer: OpaquePointer?
  private var tarHash = ContentHash(.sha256)
  private var output = [UInt8](repeating: 0, count: 256 << 10)

  /// Levels that are fast and not much worse than the best: gzip's own default, zstd's own default.
  private static func level(_ compression: LayerCompression) -> CInt { compression == .gzip ? 6 : 3 }

  /// Begins a layer.
  public init(_ store: ImageStore, _ compression: LayerCompression, what: String) throws(ImageError) {
    writer = try store.blobs.beginNew(what: what)
    self.compression = compression
    packer = compression == .none ? nil : cp_new(compression == .zstd ? 1 : 0, Self.level(compression))
    if compression != .none, packer == nil { throw .unsupported(what: what, reason: "there is no memory to pack it") }
  }

  deinit { if let packer { cp_free(packer) } }

  /// Adds bytes of the tar.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
    tarHash.add(bytes)
    guard packer != nil else { return try writer.write(bytes) }
    try pack(bytes, isLast: false)
  }

  /// The end: the blob is in the store.
  public func finish() throws(ImageError) -> ImageLayer {
    if packer != nil { try pack(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }
    let size = writer.received
    let digest = try writer.finish()
    return ImageLayer(
      blob: Descriptor(mediaType: compression.ociMediaType, digest: digest, size: size), diffID: tarHash.finish())
  }

  private func pack(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(ImageError) {
    guard let packer else { return }
    var at = 0
    while true {
      var inCount = bytes.count - at
      var outCount = output.count
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let result = output.withUnsafeMutableBufferPointer {
        cp_step(packer, start.map { $0 + at }, &inCount, $0.baseAddress!, &outCount, isLast ? 1 : 0)
      }
      if result < 0 { throw .unsupported(what: "a layer", reason: "it cannot be packed") }
      at = bytes.count - inCount
      let made = output.count - outCount
      if made > 0 { try writer.write(Array(output[..<made])) }
      if result == CInt(CI_END) || (!isLast && inCount == 0 && made < output.count) { return }
    }
  }
}
