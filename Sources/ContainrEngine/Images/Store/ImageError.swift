// What can be wrong with images and their store, in the user's words.
public import ContainrImageSpec
public import ContainrSystem

/// An image that cannot be stored, found or used.
public enum ImageError: Error, Sendable, CustomStringConvertible {
  /// The store's files failed.
  case store(SyscallError)
  /// Parts of it could not be removed.
  case removal(TreeRemovalError)
  /// What came is not what its digest says.
  case mismatch(what: String, expected: Digest, found: Digest)
  /// What came has another length than was said.
  case wrongSize(what: String, expected: Int64, found: Int64)
  /// More than any such document may have.
  case tooLarge(what: String, size: Int64, limit: Int64)
  /// A blob of the store is not there, or not what it was.
  case damaged(Digest, String)
  /// A document that cannot be read.
  case malformed(what: String, reason: String)
  /// The store has no such image.
  case unknown(String)
  /// Several images' digests begin so.
  case ambiguous(String, [String])
  /// There is no image for the platform; `offered` are those that there are.
  case noPlatform(String, wanted: Platform, offered: [Platform])
  /// It is something else than an image of a file system.
  case unsupported(what: String, reason: String)
  /// A layer cannot be unpacked.
  case layer(LayerError)
  /// Somebody adds images just now.
  case busy
  /// The file system cannot hold it; bytes.
  case noRoom(String, needed: Int64, free: Int64)
  /// Containers use it.
  case inUse(String, by: [String])

  /// One sentence for the user.
  public var description: String {
    switch self {
    case .store(let error): "image store: \(error)"
    case .removal(let error): "image store: \(error)"
    case .mismatch(let what, let expected, let found):
      "\(what) is not what its digest says: expected \(expected), got \(found)"
    case .wrongSize(let what, let expected, let found):
      found > expected
        ? "\(what) is longer than it was said to be: \(expected) bytes"
        : "\(what) ends too early: \(found) of \(expected) bytes"
    case .tooLarge(let what, let size, let limit): "\(what) has \(size) bytes, and may have \(limit)"
    case .damaged(let digest, let reason): "image store: the blob \(digest) \(reason)"
    case .malformed(let what, let reason): "\(what) cannot be read: \(reason)"
    case .unknown(let name): "there is no image '\(name)' here"
    case .ambiguous(let name, let all): "'\(name)' may be \(all.joined(separator: " or "))"
    case .noPlatform(let name, let wanted, let offered):
      "\(name) has no image for \(wanted)"
        + (offered.isEmpty ? "" : ": there is \(offered.map(\.description).joined(separator: ", "))")
    case .unsupported(let what, let reason): "\(what) cannot be used: \(reason)"
    case .noRoom(let name, let needed, let free):
      "there is no room for \(name): it takes at least \(needed >> 20) MiB, and \(free >> 20) MiB are free"
    case .layer(let error): error.description
    case .busy: "image store: images are being added or removed by another command"
    case .inUse(let name, let users): "the image \(name) is used by \(users.joined(separator: ", "))"
    }
  }

  /// What to do about it; nil where the sentence says all.
  public var help: String? {
    switch self {
    case .unknown(let name): "containr image ls shows what there is; containr image pull \(name) gets it"
    case .damaged: "containr image verify tells what is damaged; pull or load the image again to mend it"
    case .busy: "wait until it has ended and try again"
    case .inUse: "stop them first, or remove only the name: containr image rm --untag"
    case .noPlatform(_, _, let offered): offered.first.map { "take one of them with --platform \($0)" }
    default: nil
    }
  }
}
