// `containr image verify` and `diff`: what is on the disk held against what it was, and against other images.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrSystem

struct ImageVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Reads every blob and holds it against its digest.",
    discussion:
      "Exit code 1 if something of an image is damaged or missing. What was cut on its way here, by a loss of power, is told and is no fault."
  )

  @Flag(help: "Remove what is damaged, so that the next pull or load brings it again.") var repair = false

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let found = try context.transferring { try shelf.store.verify() }
    for fault in found.faults { context.output.write("\(Displayed.safe(fault))\n") }
    // Told when it is done: somebody may be using the store.
    if repair, !found.unfinished.isEmpty { try context.transferring { try shelf.store.discard(found.unfinished) } }
    for digest in found.unfinished {
      context.output.write(
        "the blob \(digest) was cut on its way here; no image has it\(repair ? ", and it is removed" : "")\n")
    }
    let read = "\(Displayed.count(found.blobs, "blob")) (\(Displayed.bytes(UInt64(clamping: found.bytes))))"
    if found.faults.isEmpty {
      let which = found.unfinished.isEmpty ? "all" : "all of images"
      return context.output.write("\(read): \(which) are what their digests say\n")
    }
    if repair, !found.damaged.isEmpty {
      try context.transferring { try shelf.store.discard(found.damaged) }
      throw CommandExit(
        .failure, "\(Displayed.count(found.damaged.count, "damaged blob")) removed",
        help: "pull or load the images again: only what is missing comes")
    }
    throw CommandExit(
      .failure, "\(Displayed.count(found.faults.count, "fault")) in \(read)",
      help: found.damaged.isEmpty
        ? "pull or load the images again: only what is missing comes"
        : "containr image verify --repair removes what is damaged")
  }
}

struct ImageDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Shows the files that were added (A), changed (C) and deleted (D).",
    discussion:
      "Of two images: what makes the second of the first. Of one: what its topmost layer does to those below it.")

  @Flag(help: "As JSON.") var json = false
  @Argument(help: "The image.") var image: String
  @Argument(help: "The image to compare it with.") var other: String?

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let store = shelf.store
    let hold = try shelf.hold()
    let (_, first) = try shelf.find(image)
    let changes = try context.transferring {
      let before: [ImageLayer]
      let after: [ImageLayer]
      if let other {
        before = first.layers
        after = try store.find(other).1.layers
      } else {
        before = first.layers.dropLast()
        after = first.layers
      }
      let paths = { (layers: [ImageLayer]) in try layers.map { try store.unpack($0, program: shelf.host.program) } }
      return try ImageTree(paths(before)).changes(to: ImageTree(paths(after)))
    }
    _ = consume hold
    if json {
      let items = changes.map { "{\"kind\": \"\($0.kind.rawValue)\", \"path\": \(JSONText.quoted($0.path))}" }
      return context.output.write("[\(items.joined(separator: ",\n "))]\n")
    }
    context.output.write(changes.map { "\($0.kind.rawValue) \(Displayed.safe($0.path))\n" }.joined())
  }
}
