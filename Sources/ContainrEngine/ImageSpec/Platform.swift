// What an image runs on, and which of several to take (image-spec, image-index.md; containerd's normalisation). Pure.

/// An operating system and a processor.
public struct Platform: Sendable, Hashable, CustomStringConvertible {
  /// `linux`.
  public var os: String
  /// As Go names them: `amd64`, `arm64`, `arm`, `386`, …
  public var architecture: String
  /// `v7` of arm and the like; nil: the usual one.
  public var variant: String?
  /// Windows only; carried, never compared.
  public var osVersion: String?

  /// A platform as it is written; see `normalised`.
  public init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
    self.os = os
    self.architecture = architecture
    self.variant = variant
    self.osVersion = osVersion
  }

  /// Reads `linux/arm64/v8`, `arm64` or `linux`; nil for anything else. Parts that are missing are `host`'s.
  public init?(_ text: String, host: Platform = .host) {
    let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isSane = parts.allSatisfy { part in
      part.first != "." && !part.isEmpty
        && part.utf8.allSatisfy { 48...57 ~= $0 || 97...122 ~= $0 || [45, 46, 95].contains($0) }
    }
    guard isSane else { return nil }
    switch parts.count {
    case 1:
      let known = ["linux", "windows", "darwin", "freebsd"]
      self =
        known.contains(parts[0])
        ? Platform(os: parts[0], architecture: host.architecture, variant: host.variant)
        : Platform(os: host.os, architecture: parts[0]).normalised
    case 2: self = Platform(os: parts[0], architecture: parts[1]).normalised
    case 3: self = Platform(os: parts[0], architecture: parts[1], variant: parts[2]).normalised
    default: return nil
    }
  }

  /// This machine's.
  public static var host: Platform {
    #if arch(x86_64)
      Platform(os: "linux", architecture: "amd64")
    #elseif arch(arm64)
      Platform(os: "linux", architecture: "arm64")
    #elseif arch(arm)
      Platform(os: "linux", architecture: "arm", variant: "v7")
    #elseif arch(i386)
      Platform(os: "linux", architecture: "386")
    #elseif arch(riscv64)
      Platform(os: "linux", architecture: "riscv64")
    #elseif arch(powerpc64le)
      Platform(os: "linux", architecture: "ppc64le")
    #elseif arch(s390x)
      Platform(os: "linux", architecture: "s390x")
    #else
      #error("name this architecture as Go does")
    #endif
  }

  /// One spelling of what has several: `x86_64` is `amd64`, `arm64/v8` is `arm64`, `arm` is `arm/v7`.
  public var normalised: Platform {
    var result = self
    switch (architecture, variant) {
    case ("x86_64", _), ("x86-64", _): result.architecture = "amd64"
    case ("i386", _), ("i686", _): result.architecture = "386"
    case ("aarch64", let v), ("arm64", let v):
      result.architecture = "arm64"
      result.variant = v == "8" || v == "v8" ? nil : v
    case ("armhf", _): (result.architecture, result.variant) = ("arm", "v7")
    case ("armel", _): (result.architecture, result.variant) = ("arm", "v6")
    case ("arm", let v): result.variant = v.map { $0.hasPrefix("v") ? $0 : "v\($0)" } ?? "v7"
    default: break
    }
    if result.architecture == "amd64", result.variant == "v1" || variant == "" { result.variant = nil }
    if result.variant == "" { result.variant = nil }
    return result
  }

  /// How well an image of `offered` serves somebody who asks for this; nil: not at all, smaller is better. An older arm
  /// runs on a newer one, an amd64 without a variant on all.
  func distance(to offered: Platform) -> Int? {
    let wanted = normalised
    let other = offered.normalised
    guard wanted.os == other.os, wanted.architecture == other.architecture else { return nil }
    if wanted.variant == other.variant { return 0 }
    let rank = { (variant: String?) -> Int? in
      guard let variant else { return wanted.architecture == "amd64" ? 1 : wanted.architecture == "arm64" ? 8 : nil }
      return Int(variant.drop { $0 == "v" })
    }
    guard let most = rank(wanted.variant), let needed = rank(other.variant), needed <= most else { return nil }
    return most - needed
  }

  /// Whether an image of `offered` can serve somebody who asks for this.
  public func accepts(_ offered: Platform) -> Bool { distance(to: offered) != nil }

  /// `linux/arm/v7`.
  public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }
}
