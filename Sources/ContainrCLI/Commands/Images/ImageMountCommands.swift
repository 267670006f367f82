// `containr image mount` and `unmount`: an image's files on this host, to look at.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec

struct ImageMountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mount", abstract: "Mounts an image's files read-only on a directory; without words lists such mounts."
  )

  @OptionGroup var platform: PlatformOption
  @Argument(help: "The image.") var image: String?
  @Argument(help: "The directory.") var directory: String?

  func validate() throws {
    if image != nil && directory == nil { throw ValidationError("name the directory as well") }
  }

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    guard let image, let directory else {
      let mounts = try context.attempt { () throws(EngineError) in try engine.imageMounts() }
      return context.output.write(mounts.map { "\($0.digest)  \(Displayed.safe($0.directory))\n" }.joined())
    }
    let path = context.surroundings.absolute(directory)
    let digest = try context.transferring { try engine.mountImage(image, platform: platform.chosen, on: path) }
    context.output.write("\(digest)\n")
  }
}

struct ImageUnmountCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unmount", abstract: "Takes an image off a directory.", aliases: ["umount"])

  @Argument(help: "The directory.") var directory: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let path = context.surroundings.absolute(directory)
    try context.attempt { () throws(EngineError) in try engine.unmountImage(path) }
  }
}
