// What interpolation did to one scalar, so that a later finding about the value can say where it came from.

struct InterpolationTrace {
  /// One variable that went into the value.
  struct Use {
    let name: String
    /// nil: nobody sets it.
    let value: String?
    /// Where `.env` sets it; nil: the environment, or nowhere.
    let location: SourceLocation?

    /// `TAG from .env:4`; never the value.
    var words: String {
      if let location { return "\(name) from \(location.file):\(location.line)" }
      return value == nil ? "\(name) is not set" : "\(name) from the environment"
    }
  }

  let raw: String
  let uses: [Use]

  /// `TAG from .env:4, through ${TAG:-1}`: the way of the value, for the plan.
  var words: String {
    let shown = raw.unicodeScalars.count > 60 ? "the text" : DisplayText.safe(raw)
    return uses.map(\.words).joined(separator: ", ") + ", through \(shown)"
  }

  /// `the value is 'abc' after ${PORT} was replaced (PORT is set in .env:3)`.
  func note(about text: String) -> String {
    let places = uses.compactMap { use in
      use.location.map { "\(use.name) is set in \($0.file):\($0.line)" }
    }
    let end = places.isEmpty ? "" : " (\(places.joined(separator: ", ")))"
    return "\(DisplayText.quote(raw)) became \(DisplayText.quote(text))\(end)"
  }
}
