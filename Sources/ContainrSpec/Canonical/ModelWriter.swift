// The canonical model as text: YAML in block style, JSON for people, JSON for digests. Pure.

/// Writes values of the canonical model.
public enum ModelWriter {
  /// YAML in block style with two blanks a level, ended by a newline.
  ///
  /// A text stands in quotes exactly if a YAML 1.1 or a YAML 1.2 reader would read something else without them; several
  /// lines are a literal block. `escapesDollars` writes `$` in values as `$$`, so that interpolating what is written gives
  /// the same values again.
  public static func yaml(_ value: ModelValue, escapesDollars: Bool = false) -> String {
    var writer = YAMLModelWriter(escapesDollars: escapesDollars)
    writer.write(value)
    return writer.text
  }

  /// JSON with two blanks a level, ended by a newline. `escapesDollars` as for YAML.
  public static func json(_ value: ModelValue, escapesDollars: Bool = false) -> String {
    var writer = JSONModelWriter(isPretty: true, escapesDollars: escapesDollars)
    writer.write(value)
    return writer.text + "\n"
  }

  /// JSON without blanks and with sorted keys: equal values give equal bytes, for digests.
  public static func digestible(_ value: ModelValue) -> String {
    var writer = JSONModelWriter(isPretty: false, escapesDollars: false)
    writer.write(value.sorted())
    return writer.text
  }
}
