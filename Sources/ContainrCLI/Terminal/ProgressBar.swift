// A bar for long work. Pure text.
internal import ContainrForeground

enum ProgressBar {
  /// `[##########..........]  50%  12m of 24m`; without a total only what is done.
  static func text(done: UInt64, total: UInt64, width: Int = 20) -> String {
    guard total > 0 else { return Displayed.bytes(done) }
    let share = min(1, Double(done) / Double(total))
    let filled = Int(share * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let percent = String(Int(share * 100))
    return "[\(bar)] \(String(repeating: " ", count: max(0, 3 - percent.count)))\(percent)%"
      + "  \(Displayed.bytes(done)) of \(Displayed.bytes(total))"
  }
}
