// logging: which driver keeps the output, and how much of it.

extension ServiceDecoder {
  /// Options of Docker's file drivers that change nothing about how much is kept.
  private static let idleOptions = [
    "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size",
  ]
  private static let options = ["max-size", "max-file"]

  mutating func decodeLogging(_ reader: ObjectReader) {
    guard let entry = reader["logging"],
      let logging = ObjectReader(entry.value, .logging, key: "logging", context: context)
    else { return }
    var plan = LoggingPlan()
    var isForeign = false
    if let driver = logging["driver"], let text = context.text(driver.value, key: "driver"), !text.isEmpty {
      plan.driver = LoggingPlan.Driver(rawValue: text)
      draft.origins["logging.driver"] = driver.keySpan
      if plan.driver == nil {
        isForeign = true
        refuse(text, at: driver)
      }
    }
    if let options = logging["options"] { decode(options, isForeign: isForeign, into: &plan) }
    if plan != LoggingPlan() { draft.plan.logging = plan }
  }

  private func refuse(_ driver: String, at entry: YAMLEntry) {
    let drivers = LoggingPlan.Driver.allCases.map(\.rawValue)
    let near = NearestName.suggestion(for: driver, among: drivers)
    context.error(
      .cannotHonour, "the log driver \(DisplayText.quote(driver)) cannot be honoured by this version",
      at: entry.value.span, label: "the output would not go there", notes: context.notes(about: entry.value),
      help: near.map { "did you mean '\($0)'?" }
        ?? "output is kept in files (json-file, local), also sent to the journal (journald), or dropped (none); collect the files, see 'containr ps --json'",
      fixes: near.map { context.rewriting(entry.value, to: $0, .maybe) } ?? [])
  }

  private mutating func decode(_ entry: YAMLEntry, isForeign: Bool, into plan: inout LoggingPlan) {
    for option in context.entries(entry.value, key: "options") ?? []
    where !option.value.isNull && !option.key.hasPrefix("x-") {
      guard let text = context.anyText(option.value, key: "options.\(option.key)") else { continue }
      // Of another driver nobody here knows the options, and the driver is refused already.
      if isForeign { continue }
      if plan.driver == .journald, option.key == "tag" {
        draft.origins["logging.options.tag"] = option.keySpan
        do throws(ValueProblem) { plan.tag = try Self.tag(text) } catch { context.report(error, at: option.value) }
        continue
      }
      guard Self.options.contains(option.key) else {
        report(option)
        continue
      }
      if plan.driver == LoggingPlan.Driver.none {
        warn(option, "nothing is kept")
        continue
      }
      draft.origins["logging.options.\(option.key)"] = option.keySpan
      do throws(ValueProblem) {
        if option.key == "max-size" {
          // 0 stands for no limit, as at the limits of memory.
          let size = text == "-1" ? -1 : try ByteSizeText.bytes(text)
          plan.maxSize = size == 0 ? -1 : size
        } else {
          plan.maxFiles = Int(try NumberText.integer(text, 1...1000))
        }
      } catch {
        // To the Compose Specification an option is any text: what it means is the driver's to say.
        context.report(
          ValueProblem(.cannotHonour, error.message, label: error.label, help: error.help), at: option.value)
      }
    }
  }

  /// Text with Docker's templates, of which four mean something here; nil: it says nothing.
  private static func tag(_ text: String) throws(ValueProblem) -> String? {
    var rest = text
    for word in ["Name", "ID", "FullID", "ImageName"] { rest = rest.replacing("{{.\(word)}}", with: "") }
    guard !rest.contains("{{"), !rest.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      throw ValueProblem(
        .cannotHonour, "the tag \(DisplayText.quote(text)) cannot be honoured by this version",
        label: "there are {{.Name}}, {{.ID}}, {{.FullID}} and {{.ImageName}}")
    }
    return text.isEmpty ? nil : text
  }

  private func report(_ option: YAMLEntry) {
    if Self.idleOptions.contains(option.key) { return warn(option, "has no effect") }
    let near = NearestName.suggestion(for: option.key, among: Self.options)
    context.error(
      .cannotHonour, "the log option \(DisplayText.quote(option.key)) cannot be honoured by this version",
      at: option.keySpan, label: "there are max-size and max-file", help: near.map { "did you mean '\($0)'?" })
  }

  private func warn(_ option: YAMLEntry, _ label: String) {
    context.warning(
      .notHonoured, "the log option '\(option.key)' is not honoured by this version", at: option.keySpan, label: label)
  }
}
