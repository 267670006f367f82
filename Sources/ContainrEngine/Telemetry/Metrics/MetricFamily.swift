// Numbers with names, as they are exposed to those who collect them. Values only; MetricText writes them.

/// What a family is, before anything was counted.
public struct MetricKind: Sendable, Hashable {
  /// How its numbers behave.
  public enum Shape: String, Sendable, Hashable { case counter, gauge, info, stateset }

  /// Without `_total` and `_info`; with its unit.
  public var name: String
  /// How its numbers behave.
  public var shape: Shape
  /// `seconds`, `bytes`; nil: it counts things.
  public var unit: String?
  /// One sentence.
  public var help: String

  /// With its values.
  public init(_ name: String, _ shape: Shape, unit: String? = nil, help: String) {
    self.name = name
    self.shape = shape
    self.unit = unit
    self.help = help
  }

  /// What its samples are called.
  public var sampleName: String {
    switch shape {
    case .counter: name + "_total"
    case .info: name + "_info"
    case .gauge, .stateset: name
    }
  }
}

/// A number.
public enum MetricValue: Sendable, Hashable {
  /// As it is.
  case count(UInt64)
  /// Shown as seconds.
  case nanoseconds(UInt64)
  /// Not infinite.
  case number(Double)
}

/// One sample.
public struct MetricPoint: Sendable, Hashable {
  /// In the order in which they are written; names are letters, digits and `_`.
  public var labels: [MetricLabel]
  /// The number.
  public var value: MetricValue

  /// With its values.
  public init(_ labels: [MetricLabel], _ value: MetricValue) {
    self.labels = labels
    self.value = value
  }
}

/// One label.
public struct MetricLabel: Sendable, Hashable {
  /// Letters, digits and `_`.
  public var name: String
  /// Any text.
  public var value: String

  /// With its values.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A kind and what was counted of it.
public struct MetricFamily: Sendable, Hashable {
  /// What it is.
  public var kind: MetricKind
  /// No two have the same labels.
  public var points: [MetricPoint]

  /// With its values.
  public init(_ kind: MetricKind, _ points: [MetricPoint]) {
    self.kind = kind
    self.points = points
  }
}
