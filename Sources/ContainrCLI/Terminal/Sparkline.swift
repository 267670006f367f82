// A row of numbers as one line of small bars. Pure.

enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  /// For terminals that have only ASCII.
  private static let marks: [Character] = ["_", ".", ":", "-", "=", "+", "*", "#"]

  /// The last `width` values, the newest on the right; blank where there are not so many. `top` is the value of a full bar.
  static func text(_ values: [Double], width: Int, top: Double, isUnicode: Bool = true) -> String {
    guard width > 0 else { return "" }
    let bars = isUnicode ? blocks : marks
    let shown = values.suffix(width)
    var text = String(repeating: " ", count: width - shown.count)
    for value in shown {
      let share = top > 0 && value.isFinite ? max(0, min(1, value / top)) : 0
      text.append(bars[min(bars.count - 1, Int((share * Double(bars.count - 1)).rounded(.up)))])
    }
    return text
  }
}
