// How much a file may cost. Far above any real stack, far below what hurts.

struct YAMLBudget {
  /// Bytes of one file.
  var fileSize = 8 << 20
  /// Nodes of one document, aliases counted as what they stand for.
  var nodes = 1_000_000
  /// Nodes that come out of aliases and merge keys.
  var aliasedNodes = 500_000
  /// Nested lists and mappings, aliases counted as what they stand for.
  var depth = 64
  /// Bytes that interpolated values have together.
  var interpolated = 16 << 20
  /// Variables that `env_file` gives to all services together.
  var environmentEntries = 500_000
}
