// When images were fetched last: the time of the blob that a reference leads to.
public import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

extension ImageStore {
  /// What a reference stands for was fetched just now, or found to be what the registry has.
  public func markFetched(_ digest: Digest) throws(ImageError) {
    try BlobStore.storing { () throws(SyscallError) in
      let file = try Kernel.open(blobs.path(digest), [.readOnly, .noFollow])
      let now = Kernel.realTime()
      try Kernel.setTime(
        FileTime(seconds: Int64(now / 1_000_000_000), nanoseconds: UInt32(now % 1_000_000_000)), at: file.raw)
    }
  }

  /// Seconds since 1970; nil if the blob is not there.
  public func fetched(_ digest: Digest) throws(ImageError) -> Int64? {
    if try !blobs.contains(digest) { return nil }
    return try BlobStore.storing { () throws(SyscallError) in
      let file = try Kernel.open(blobs.path(digest), [.readOnly, .noFollow])
      return try Kernel.modificationTime(file.raw).seconds
    }
  }
}
