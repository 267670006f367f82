// What `containr ps --json` and `containr plan --json` print, as far as the tests look at it.

/// One container.
struct ContainerRow: Decodable, Equatable {
  var name: String
  var service: String
  var index: Int
  var state: String
  /// `serving`, but while one container takes over from another.
  var role: String
  var health: String?
  var pid: Int32?
  var exitCode: Int32?
  var outOfMemory: Bool
  var ports: [String]
  var addresses: [String]
  var memoryLimit: Int64?
  var logFile: String

  /// The address on a network, by its key.
  func address(_ network: String = "default") -> String? {
    addresses.first { $0.hasPrefix(network + " ") }.map { String($0.dropFirst(network.count + 1)) }
  }
}

struct PlannedChangeset: Decodable {
  var format: Int
  var stack: String
  var matching: Int
  var changes: [PlannedChange]
}

/// One change.
struct PlannedChange: Decodable {
  struct Reason: Decodable {
    struct Origin: Decodable {
      var file: String
      var line: Int
      var column: Int
    }
    var kind: String
    var path: String
    var old: String?
    var new: String?
    var origin: Origin?
    var effect: String
  }
  var action: String
  var address: String
  var effect: String
  var reasons: [Reason]

  /// `update container t-web-1`.
  var words: String { "\(action) \(address)" }
}
