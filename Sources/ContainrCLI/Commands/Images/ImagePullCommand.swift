// `containr image pull`: from a registry, or a mirror of it, into the store of images.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrRegistry
internal import ContainrSystem
internal import ContainrTransfer

/// What pull and push have in common.
struct TransferOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The image for this platform, instead of this host's.", valueName: "os/arch[/variant]"))
  var platform: String?
  @Flag(help: "All images of an index.") var allPlatforms = false
  @Flag(help: "The registry may speak plain HTTP, or have a certificate that nobody vouches for.") var insecure = false
  @Flag(name: .shortAndLong, help: "Show no progress; print NAME@DIGEST alone.") var quiet = false
  @Flag(help: "Print one JSON document at the end.") var json = false

  func validate() throws {
    if allPlatforms && platform != nil { throw ValidationError("--platform and --all-platforms exclude each other") }
    if let platform, Platform(platform) == nil {
      throw ValidationError("'\(platform)' is no platform: linux/amd64, linux/arm64, linux/arm/v7, …")
    }
  }

  var chosenPlatform: Platform? { platform.flatMap { Platform($0) } }
}

struct ImagePullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetches an image from its registry, or from a mirror of it.",
    discussion: "A pull that was interrupted goes on where it ended. docs/images.md tells of logins, mirrors and TLS.")

  @OptionGroup var options: TransferOptions
  @Argument(help: "NAME[:TAG] or NAME@DIGEST, with its registry in front unless that is Docker Hub.") var image: String

  func run() throws {
    let context = try CommandContext()
    try context.requireRoot()
    let reference = try context.reference(image)
    let host = try context.surroundings.hostSettings()
    let access = try RegistryAccess(context.surroundings, insecure: options.insecure ? [reference.registry] : [])
    let puller = ImagePuller(
      store: host.imageStore, settings: access.settings, credentials: access.credentials, program: host.program)
    var request = PullRequest(reference)
    request.platform = options.chosenPlatform
    request.allPlatforms = options.allPlatforms
    let view = TransferView(context, isSilent: options.quiet || options.json)
    let start = Kernel.monotonicTime()
    let result = try context.transferring {
      do { return try puller.pull(request) { view.show($0) } } catch {
        view.abandon()
        throw error
      }
    }
    let time = Kernel.monotonicTime() - start
    if options.json {
      context.output.write(json(reference, result, view))
    } else if options.quiet {
      context.output.write("\(reference.name)@\(result.target.digest)\n")
    } else {
      let bytes = Displayed.bytes(UInt64(clamping: view.networkBytes))
      let how = result.wasCurrent ? "is up to date" : "fetched (\(bytes) in \(Displayed.elapsed(nanoseconds: time)))"
      context.output.write("\(reference.familiar) \(how): \(result.target.digest)\n")
    }
    if let limit = result.rateLimit, limit.remaining <= limit.limit / 10 {
      context.warn("\(result.source) has a rate limit: \(limit)")
    }
  }

  private func json(_ reference: ImageReference, _ result: PullResult, _ view: TransferView) -> String {
    let layers = (result.image?.manifest.layers ?? []).map { layer in
      let isPresent = view.ending(TransferPart(.fetch, layer.digest)) == .present
      return "{\"digest\": \(JSONText.quoted(layer.digest.description)), \"size\": \(layer.size), "
        + "\"state\": \"\(isPresent ? "present" : "fetched")\"}"
    }
    let limit = result.rateLimit.map {
      "{\"limit\": \($0.limit), \"remaining\": \($0.remaining), \"window_seconds\": \(JSONText.number($0.windowSeconds))}"
    }
    return "{\"format\": 1, \"image\": \(JSONText.quoted(reference.description)), "
      + "\"digest\": \(JSONText.quoted(result.target.digest.description)), "
      + "\"id\": \(JSONText.string(result.image?.id.description)), "
      + "\"platform\": \(JSONText.string(result.image?.config.platform.description)), "
      + "\"source\": \(JSONText.quoted(result.source)), \"current\": \(result.wasCurrent), "
      + "\"fetched_bytes\": \(view.networkBytes), \"layers\": [\(layers.joined(separator: ", "))], "
      + "\"rate_limit\": \(limit ?? "null")}\n"
  }
}
