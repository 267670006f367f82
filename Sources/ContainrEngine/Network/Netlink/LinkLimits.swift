// How much an interface of a container may carry, and what of that the kernel says is there. Values and their sums only.

/// The limit of one direction.
public struct RateLimit: Sendable, Hashable {
  /// Bytes a second.
  public var rate: UInt64
  /// Bytes that may go at once after a pause; nil: those of ten milliseconds.
  public var burst: UInt32?

  /// A limit.
  public init(rate: UInt64, burst: UInt32? = nil) {
    self.rate = rate
    self.burst = burst
  }

  /// A packet that is larger than the bucket would never go: at least two of them, with their Ethernet header.
  func bucket(mtu: Int) -> UInt32 {
    burst ?? UInt32(clamping: max(rate / 100, UInt64(2 * (mtu + 18))))
  }

  /// What waits at most where the kernel has no fair queue: fifty milliseconds, but ten packets.
  func queueBytes(mtu: Int) -> UInt32 {
    UInt32(clamping: max(rate / 20, UInt64(10 * (mtu + 18)), UInt64(bucket(mtu: mtu)) * 2))
  }

  /// The packets that a fair queue holds: those of two hundred milliseconds.
  func queuePackets(mtu: Int) -> UInt32 { UInt32(clamping: min(max(rate / 5 / UInt64(mtu + 18), 16), 10_240)) }

  /// How long a packet may stand in a fair queue before it tells its sender, in microseconds: never less than it takes
  /// to send one and a half.
  func queueDelay(mtu: Int) -> UInt32 {
    UInt32(clamping: min(max(5000, UInt64(mtu + 18) * 1_500_000 / max(rate, 1)), 1_000_000))
  }
}

/// The limits of one interface of a container.
public struct LinkLimits: Sendable, Hashable {
  /// What the container receives.
  public var ingress: RateLimit?
  /// What it sends.
  public var egress: RateLimit?

  /// Both directions.
  public init(ingress: RateLimit? = nil, egress: RateLimit? = nil) {
    self.ingress = ingress
    self.egress = egress
  }

  /// There is none.
  public var isEmpty: Bool { ingress == nil && egress == nil }

  /// A burst has to hold a packet (tbf drops what is larger); the error says what there is.
  func check(mtu: Int, name: String) throws(NetworkError) {
    for (word, limit) in [("ingress", ingress), ("egress", egress)] {
      guard let burst = limit?.burst, Int(burst) < mtu + 18 else { continue }
      throw .invalid(
        "\(word) of \(name): a burst of \(burst) bytes is smaller than a packet of its network, \(mtu + 18) bytes")
    }
  }
}

/// The limits that are in the kernel, of all links of a namespace.
public struct LinkQueues: Sendable {
  /// A queueing discipline of a link.
  struct Queue: Sendable, Hashable {
    var kind: String
    var handle: UInt32
    var parent: UInt32
    /// Of a token bucket: bytes a second, and the bucket in ticks of 64 nanoseconds at that rate.
    var rate: UInt64?
    var bucket: UInt32?
  }
  /// By the index of the link.
  var queues: [Int: [Queue]] = [:]
  /// Where what comes in by a link is redirected to, by its index; nil as a value: something else is done with it.
  var redirects: [Int: Int?] = [:]

  /// What is wrong with the limits of a pair, in words that begin with the direction; empty is well. `near` is the
  /// host's end, `queue` the device through which what the container sends goes, if that is there.
  public func faults(_ limits: LinkLimits, near: LinkState, queue: LinkState?) -> [String] {
    let own = queues[near.index] ?? []
    let bucket = own.first { $0.parent == TrafficControl.root && $0.kind == "tbf" }
    var faults: [String] = []
    if let ingress = limits.ingress {
      faults += Self.fault("ingress", ingress, bucket, mtu: near.mtu)
    } else if bucket != nil {
      faults.append("ingress limit was added")
    }
    let redirect = redirects[near.index]
    guard let egress = limits.egress else {
      if redirect != nil || own.contains(where: { $0.parent == TrafficControl.ingress }) {
        faults.append("egress limit was added")
      }
      return faults
    }
    guard let queue, queue.isUp, queue.kind == "ifb", redirect == .some(queue.index) else {
      return faults + ["egress limit is gone"]
    }
    let far = queues[queue.index]?.first { $0.parent == TrafficControl.root && $0.kind == "tbf" }
    return faults + Self.fault("egress", egress, far, mtu: near.mtu)
  }

  private static func fault(_ word: String, _ limit: RateLimit, _ queue: Queue?, mtu: Int) -> [String] {
    guard let queue, let rate = queue.rate else { return ["\(word) limit is gone"] }
    if rate != limit.rate { return ["\(word) limit is \(rate) bytes a second, not \(limit.rate)"] }
    // The kernel keeps the time that the bucket takes, rounded.
    let ticks = Double(limit.bucket(mtu: mtu)) * 1e9 / 64 / Double(limit.rate)
    guard let bucket = queue.bucket, abs(Double(bucket) - ticks) > ticks / 50 + 2 else { return [] }
    let bytes = Int(Double(bucket) * 64 * Double(limit.rate) / 1e9)
    return ["\(word) limit has a burst of \(bytes) bytes, not \(limit.bucket(mtu: mtu))"]
  }
}
