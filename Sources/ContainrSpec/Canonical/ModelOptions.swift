// Which steps a load takes on the way to the canonical model. Values only; the loader's phases read them.

/// The steps of a load that `containr config` can leave out. All are taken unless said otherwise.
public struct ModelOptions: Sendable, Hashable {
  /// `$VAR` becomes its value; false: it stays as it is written (`--no-interpolate`).
  public var interpolates = true
  /// Short forms become long forms, and what is implied is written out (`--no-normalize`).
  public var normalises = true
  /// Relative host paths become absolute (`--no-path-resolution`).
  public var resolvesPaths = true
  /// `env_file` and variables that are only named become values (`--no-env-resolution`).
  public var resolvesEnvironment = true
  /// What the file says as a whole is checked, such as that a service it names exists (`--no-consistency`).
  public var checksConsistency = true

  /// All steps.
  public init() {}
}
