// What interpolation did to one scalar, so that a later finding about the value can say where it came from.

struct InterpolationTrace {
  /// One variable that went into the value.
  struct Use {
    let name: String
    let value: String
    /// Where `.env` sets it; nil: the environment, or nowhere.
    let location: SourceLocation?
  }

  let raw: String
  let uses: [Use]

  /// `the value is 'abc' after ${PORT} was replaced (PORT is set in .env:3)`.
  func note(about text: String) -> String {
    let places = uses.compactMap { use in
      use.location.map { "\(use.name) is set in \($0.file):\($0.line)" }
    }
    let end = places.isEmpty ? "" : " (\(places.joined(separator: ", ")))"
    return "\(DisplayText.quote(raw)) became \(DisplayText.quote(text))\(end)"
  }
}
