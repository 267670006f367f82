// What the first line of a container's health file may say beside the words of a health check.

enum HealthWord {
  /// The container has ended and is not started again.
  static let over = "over"
}
