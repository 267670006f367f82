// `containr image push`: from the store of images to a registry.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrSystem
internal import ContainrTransfer

struct ImagePushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Sends an image to a registry: what is missing there, and its name last.",
    discussion: "Of an index this host's image goes (or --platform's); with --all-platforms the whole index.")

  @OptionGroup var options: TransferOptions
  @Argument(help: "The image's name here.") var image: String
  @Argument(help: "Where it goes, REGISTRY/NAME[:TAG]; its own name if left out.") var destination: String?

  func run() throws {
    let context = try CommandContext()
    try context.requireRoot()
    let source = try context.reference(image)
    let target = try destination.map { try context.reference($0) } ?? source
    let host = try context.surroundings.hostSettings()
    let access = try RegistryAccess(context.surroundings, insecure: options.insecure ? [target.registry] : [])
    let pusher = ImagePusher(store: host.imageStore, settings: access.settings, credentials: access.credentials)
    var request = PushRequest(source, to: target)
    request.platform = options.chosenPlatform
    request.allPlatforms = options.allPlatforms
    let view = TransferView(context, isSilent: options.quiet || options.json)
    let start = Kernel.monotonicTime()
    let result = try context.transferring {
      do { return try pusher.push(request) { view.show($0) } } catch {
        view.abandon()
        throw error
      }
    }
    let digest = result.target.digest
    if options.json {
      context.output.write(
        "{\"format\": 1, \"image\": \(JSONText.quoted(target.description)), "
          + "\"digest\": \(JSONText.quoted(digest.description)), \"sent_bytes\": \(result.sentBytes), "
          + "\"present\": \(result.present), \"mounted\": \(result.mounted)}\n")
    } else if options.quiet {
      context.output.write("\(target.name)@\(digest)\n")
    } else {
      let bytes = Displayed.bytes(UInt64(clamping: result.sentBytes))
      let time = Displayed.elapsed(nanoseconds: Kernel.monotonicTime() - start)
      context.output.write("\(target.familiar) pushed (\(bytes) in \(time)): \(digest)\n")
    }
  }
}
