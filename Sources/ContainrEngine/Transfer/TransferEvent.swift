// What a transfer tells while it goes on, for who shows it. Values only.
public import ContainrImageSpec

/// One thing that is worked on.
public struct TransferPart: Sendable, Hashable {
  /// What is done with it.
  public enum Work: String, Sendable, Hashable { case fetch, unpack, send }

  /// The blob's.
  public var digest: Digest
  /// What is done with it.
  public var work: Work

  /// With its values.
  public init(_ work: Work, _ digest: Digest) {
    self.digest = digest
    self.work = work
  }
}

/// How work on a part ended, if it did not fail: a failure is the whole transfer's.
public enum TransferEnding: Sendable, Hashable {
  /// There was nothing to do.
  case present
  /// Done; so many bytes went over the network, or were unpacked.
  case done(bytes: Int64)
  /// The registry took it from another repository of its own.
  case mounted(from: String)
}

/// One event. They come from several threads.
public enum TransferEvent: Sendable, Hashable {
  /// What the name stands for; `from` is the registry or mirror that told.
  case resolved(Digest, from: String)
  case began(TransferPart)
  /// Bytes done, and bytes in all.
  case advanced(TransferPart, done: Int64, total: Int64)
  case ended(TransferPart, TransferEnding)
}

/// Hears events; any thread may call.
public typealias TransferReport = @Sendable (TransferEvent) -> Void

/// Says how far a part is, but not for every piece that comes.
struct PartProgress {
  private static let step: Int64 = 512 << 10

  let part: TransferPart
  let total: Int64
  let report: TransferReport
  private var last: Int64 = 0

  init(_ part: TransferPart, total: Int64, _ report: @escaping TransferReport) {
    self.part = part
    self.total = total
    self.report = report
  }

  mutating func reached(_ done: Int64) {
    guard done - last >= Self.step || done == total || done < last else { return }
    last = done
    report(.advanced(part, done: done, total: total))
  }
}
