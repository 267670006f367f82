// `containr image load`, `save` and `import`: images in and out as files.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrEngine
internal import ContainrImages
internal import ContainrRegistry
internal import ContainrSystem
internal import ContainrTransfer
internal import SystemPackage

struct ImageLoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Takes images out of an archive or a layout directory, and unpacks them.",
    discussion: "OCI archives and layouts, and what `docker save` writes; plain or packed by gzip, zstd, xz or bzip2.")

  @OptionGroup var platform: PlatformOption
  @Option(name: .shortAndLong, help: "The archive or directory; without it standard input.") var input: String?
  @Option(help: ArgumentHelp("What to call the image, if there is one.", valueName: "name[:tag]")) var name: String?
  @Option(help: "Only the image that the archive calls so.") var only: String?
  @Flag(name: .shortAndLong, help: "Show no progress; print IDs alone.") var quiet = false
  @Flag(help: "Print one JSON document at the end.") var json = false
  @Argument(help: "The same as --input.") var path: String?

  func validate() throws {
    if input != nil && path != nil { throw ValidationError("name the archive once: as an argument, or by --input") }
  }

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let store = shelf.store
    let reference = try name.map { try context.reference($0) }
    let view = TransferView(context, isSilent: quiet || json)
    let hold = try shelf.hold()
    let start = Kernel.monotonicTime()
    let before = try context.transferring { try store.entries() }
    let loaded = try context.transferring {
      let source = try source(context, shelf)
      do {
        return try ImageLoad(
          source, into: store, program: shelf.host.program, platform: platform.chosen ?? .host,
          report: { view.show($0) }
        ).run(only: only, as: reference)
      } catch {
        view.abandon()
        throw error
      }
    }
    _ = consume hold
    for note in Self.takenNames(loaded, before) { context.errors.write("  = note: \(note)\n") }
    if json {
      let images = loaded.map { one in
        "{\"id\": \(JSONText.quoted(one.image.id.description)), "
          + "\"digest\": \(JSONText.quoted(one.image.target.digest.description)), "
          + "\"names\": \(JSONText.list(one.references.map(\.description)))}"
      }
      return context.output.write("{\"format\": 1, \"images\": [\(images.joined(separator: ", "))]}\n")
    }
    if quiet { return context.output.write(loaded.map { "\($0.image.id)\n" }.joined()) }
    let time = Displayed.elapsed(nanoseconds: Kernel.monotonicTime() - start)
    let known = try context.transferring { try store.entries() }
    for one in loaded {
      let names =
        one.references.isEmpty ? "an image without a name" : one.references.map(\.familiar).joined(separator: ", ")
      context.output.write("loaded \(names) in \(time): \(one.image.id)\n")
    }
    let nameless = loaded.first { one in
      !known.contains { $0.descriptor.digest == one.image.target.digest && $0.reference != nil }
    }
    if let nameless {
      context.errors.write("  = help: containr image tag \(nameless.image.id.short) NAME gives it one\n")
    }
  }

  /// The names that meant something else before: whoever made the archive chose them (CVE-2026-50195).
  private static func takenNames(_ loaded: [ImageLoad.Loaded], _ before: [ImageEntry]) -> [String] {
    loaded.flatMap { one in
      one.references.compactMap { reference in
        let old = before.first { entry in
          guard let name = entry.reference, entry.descriptor.digest != one.image.target.digest else { return false }
          return name.registry == reference.registry && name.repository == reference.repository
            && name.tag == reference.tag
        }
        return old.map { "\(reference.familiar) was another image until now: \($0.descriptor.digest)" }
      }
    }
  }

  private func source(_ context: CommandContext, _ shelf: ImageShelf) throws -> ImageSource {
    let scratch = shelf.store.blobs.scratch
    if let path = input ?? path, path != "-" {
      return try ImageSource(context.surroundings.absolute(path), program: shelf.host.program, scratch: scratch)
    }
    if Prompt.inputIsTerminal {
      throw CommandExit(.failure, "there is no archive", help: "containr image load FILE, or give it on standard input")
    }
    return try ImageSource(
      archive: try OwnedFD.duplicate(of: 0), name: "standard input", program: shelf.host.program, scratch: scratch
    )
  }
}

struct ImageSaveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Writes images as one archive that skopeo, podman, docker and umoci read.",
    discussion:
      "An OCI layout in a tar, and the manifest.json of `docker save` in it. The same images make the same bytes.")

  @OptionGroup var platform: PlatformOption
  @Option(name: .shortAndLong, help: "Where to; without it standard output.") var output: String?
  @Argument(help: "The images.") var images: [String]

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let store = shelf.store
    if output == nil, context.output.isTerminal {
      throw CommandExit(.failure, "an archive is no text for a terminal", help: "-o FILE, or a pipe")
    }
    let hold = try shelf.hold()
    var items: [ImageSave.Item] = []
    for name in images {
      let (entry, image) = try shelf.find(name, platform: platform.chosen)
      let isNamed = (try? ImageReference(name)).map { $0 == entry.reference } ?? false
      let names = isNamed ? entry.reference.map { [$0] } ?? [] : []
      if let known = items.firstIndex(where: { $0.image.manifestDescriptor.digest == image.manifestDescriptor.digest })
      {
        items[known].references += names
      } else {
        items.append(ImageSave.Item(references: names, image: image))
      }
    }
    try WholeFile.write(output.map { context.surroundings.absolute($0) }, context) { take in
      try ImageSave(store).archive(items, take: take)
    }
    _ = consume hold
  }
}

struct ImageImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract:
      "Makes an image of a root file system's tar (plain, gzip, zstd, xz or bzip2), of this host or of a web server.")

  @OptionGroup var platform: PlatformOption
  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp(
      "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR, as in a Dockerfile.",
      valueName: "instruction"))
  var change: [String] = []
  @Option(name: .shortAndLong, help: "What is said of it in its history.") var message: String?
  @Flag(name: .shortAndLong, help: "Print the ID alone.") var quiet = false
  @Argument(help: "The tar, its http or https address, or - for standard input.") var file: String
  @Argument(help: "NAME[:TAG]") var name: String?

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let store = shelf.store
    let reference = try name.map { try context.reference($0) }
    var execution = ImageExecution()
    for instruction in change {
      do { try execution.apply(instruction) } catch { throw CommandExit(.failure, "--change: \(error)") }
    }
    let hold = try shelf.hold()
    let image = try context.transferring {
      let tar = try tar(context, store)
      let layer = try store.addLayer(tar: tar, name: file, program: shelf.host.program)
      // What cannot be unpacked never becomes an image.
      try store.unpack(layer, program: shelf.host.program)
      let now = UTCTime.text(Int(Kernel.realTime() / 1_000_000_000))
      var config = ImageConfig(platform: platform.chosen ?? .host, execution: execution)
      config.created = now
      config.history = [ImageHistory(created: now, createdBy: "containr image import", comment: message)]
      let target = try store.addImage(config, layers: [layer])
      if let reference { try store.tag(reference, target) } else { try store.keep(target) }
      return try store.present(target, name: reference?.familiar ?? target.digest.description)
    }
    _ = consume hold
    context.output.write(quiet ? "\(image.id)\n" : "imported \(reference?.familiar ?? "an image"): \(image.id)\n")
  }

  private func tar(_ context: CommandContext, _ store: ImageStore) throws -> OwnedFD {
    if file == "-" { return try OwnedFD.duplicate(of: 0) }
    guard WebFile.isAddress(file) else { return try Kernel.open(context.surroundings.absolute(file), [.nonBlocking]) }
    let web = try WebFile(file)
    let access = try RegistryAccess(context.surroundings)
    let copy = SharedFD(try ImageSource.nameless(store.blobs.scratch))
    if !quiet { context.errors.write("fetching \(file)\n") }
    try web.fetch(
      access.settings,
      announce: { size in
        let free = try FileSystemSpace(ofFuture: store.directory).freeBytes
        if size > free {
          throw CommandExit(
            .failure, "\(file) has \(Displayed.bytes(size)), and there is room for \(Displayed.bytes(free))")
        }
      },
      restart: { try Kernel.empty(copy.raw) }, receive: { try Kernel.writeAll(copy.raw, Array($0)) })
    try Kernel.rewind(copy.raw)
    return try copy.duplicate()
  }
}

struct ImageExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes an image's files as one tar, its layers over each other.",
    discussion: "What `image import` takes. Config and history are not in it: `image save` keeps those.")

  @OptionGroup var platform: PlatformOption
  @Option(name: .shortAndLong, help: "Where to; without it standard output.") var output: String?
  @Argument(help: "The image.") var image: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    if output == nil, context.output.isTerminal {
      throw CommandExit(.failure, "an archive is no text for a terminal", help: "-o FILE, or a pipe")
    }
    try WholeFile.write(output.map { context.surroundings.absolute($0) }, context) { take in
      for line in try engine.exportImage(image, platform: platform.chosen, take: take) {
        context.warn("left out: \(line)")
      }
    }
  }
}
