// `containr image ls`, `inspect` and `history`: look only.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import SystemPackage

struct ImageListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists the images of this host.", aliases: ["list"])

  @Flag(name: .shortAndLong, help: "Those without a name as well.") var all = false
  @Option(name: .shortAndLong, help: "dangling=true|false, reference=PATTERN, label=KEY[=VALUE].") var filter:
    [String] =
      []
  @Option(help: "table, json (one a line), or a text with {{.ID}} and the like.") var format: String?
  @Flag(name: .shortAndLong, help: "IDs only.") var quiet = false
  @Argument(help: "Only images of this name, `*` for any part of it.") var name: String?

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    var filter = try ImageFilter(filter)
    if let name { filter.patterns.append(name) }
    let format = try ListFormat(format)
    let rows = try shelf.rows().filter { (all || filter.isDangling == true || $0.reference != nil) && filter.holds($0) }
    if quiet {
      var seen: Set<Digest> = []
      let ids = rows.map(\.image.id).filter { seen.insert($0).inserted }
      return context.output.write(ids.map { "\($0)\n" }.joined())
    }
    switch format {
    case .table: context.output.write(ImageView.table(rows).text(context.ink))
    case .json: context.output.write(rows.map { VolumeView.line(ImageView.fields($0)) }.joined())
    case .template(let template):
      context.output.write(try template.list(rows.map(ImageView.fields), context.ink))
    }
  }
}

struct ImageInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows all there is to know of images, as JSON.")

  @OptionGroup var platform: PlatformOption
  @Argument(help: "The images: names, or the beginnings of IDs.") var images: [String]

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let all = try shelf.rows()
    let texts = try images.map { name in
      let (_, image) = try shelf.find(name, platform: platform.chosen)
      let own = all.filter { $0.image.target.digest == image.target.digest }
      let unpacked = try context.transferring { try shelf.store.unpackedLayers(of: image) }
      return ImageView.details(
        ImageRow(reference: nil, image: image, users: try shelf.users(of: image)),
        names: own.compactMap { $0.reference?.familiar }, unpacked: unpacked?.map(\.string))
    }
    context.output.write("[\(texts.joined(separator: ",\n"))]\n")
  }
}

struct ImageHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Shows the steps that an image was made by, the last one first.")

  @OptionGroup var platform: PlatformOption
  @Flag(help: "Do not cut what is long.") var noTrunc = false
  @Argument(help: "The image.") var image: String

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let (_, image) = try shelf.find(image, platform: platform.chosen)
    context.output.write(ImageView.history(image, full: noTrunc).text(context.ink))
  }
}

/// `--platform`.
struct PlatformOption: ParsableArguments {
  @Option(help: ArgumentHelp("The image for this platform, instead of this host's.", valueName: "os/arch[/variant]"))
  var platform: String?

  func validate() throws {
    if let platform, Platform(platform) == nil {
      throw ValidationError("'\(platform)' is no platform: linux/amd64, linux/arm64, linux/arm/v7, …")
    }
  }

  var chosen: Platform? { platform.flatMap { Platform($0) } }
}

/// `--filter` of images: kinds have all to fit, values of one kind are alternatives.
struct ImageFilter {
  var isDangling: Bool?
  var patterns: [String] = []
  private var labels: [String] = []

  init(_ words: [String]) throws {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts.first, parts.last) {
      case ("dangling", "true"?): isDangling = true
      case ("dangling", "false"?): isDangling = false
      case ("reference", let pattern?) where parts.count == 2: patterns.append(pattern)
      case ("label", let label?) where parts.count == 2: labels.append(label)
      default:
        throw CommandExit(
          .failure, "--filter \(word) is not understood",
          help: "there are dangling=true|false, reference=PATTERN, label=KEY[=VALUE]")
      }
    }
  }

  func holds(_ row: ImageRow) -> Bool {
    if let isDangling, (row.reference == nil) != isDangling { return false }
    if !patterns.isEmpty {
      guard let reference = row.reference else { return false }
      let names = [reference.familiarName, reference.familiar, reference.name, reference.description]
      if !patterns.contains(where: { pattern in names.contains { Self.fits($0, pattern) } }) { return false }
    }
    return labels.allSatisfy { label in
      row.image.config.execution.labels.contains {
        label.contains("=") ? "\($0.key)=\($0.value)" == label : $0.key == label
      }
    }
  }

  /// `*` stands for anything, a slash included.
  static func fits(_ text: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 1 { return text == pattern }
    guard text.hasPrefix(parts[0]) else { return false }
    var rest = text.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(parts[parts.count - 1])
  }
}
