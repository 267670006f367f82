// RatePlan: how much a second an interface of a container may carry one way. A value.

/// A rate with its burst.
public struct RatePlan: Sendable, Hashable, Codable {
  /// Bytes a second.
  public var rate: Int64
  /// Bytes that may go at once after a pause; nil: those of ten milliseconds.
  public var burst: Int64?

  /// Makes a rate of its parts.
  public init(rate: Int64, burst: Int64? = nil) {
    self.rate = rate
    self.burst = burst
  }

  /// In one word: `10mbit`, `10mbit,burst=65536`.
  public var text: String { RateText.text(rate) + (burst.map { ",burst=\($0)" } ?? "") }
}

extension ServicePlan {
  /// What its interface on a network may receive and send: what is said there, or else of the service.
  public func rates(on network: String) -> (ingress: RatePlan?, egress: RatePlan?) {
    let place = networks.first { $0.network == network }
    return (place?.ingress ?? ingress, place?.egress ?? egress)
  }
}
