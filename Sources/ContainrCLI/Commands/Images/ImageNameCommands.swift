// `containr image tag`, `rm` and `prune`: names, and what goes with the last of them.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrImageSpec
internal import ContainrImages

struct ImageTagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Gives an image another name; an image that has it loses it.")

  @Argument(help: "The image.") var image: String
  @Argument(help: "NAME[:TAG]") var name: String

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    let reference = try context.reference(name)
    if reference.digest != nil { throw CommandExit(.failure, "'\(name)' has a digest, which nobody can give") }
    let hold = try shelf.hold()
    let (_, image) = try shelf.find(image)
    try context.transferring { try shelf.store.tag(reference, image.target) }
    _ = consume hold
  }
}

struct ImageRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Removes images; of one that has several names only the name.", aliases: ["remove"])

  @Flag(name: .shortAndLong, help: "One that is not there is no error; all names of an ID go.") var force = false
  @Flag(help: "Only the name goes; the image stays, without a name if it was its last.") var untag = false
  @Argument(help: "The images: names, or the beginnings of IDs.") var images: [String]

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    var failures: [CommandExit] = []
    for name in images {
      do {
        context.output.write(try remove(name, shelf, context))
      } catch let exit as CommandExit {
        failures.append(exit)
      }
    }
    do {
      let collected = try shelf.collect(.none)
      if collected.blobs > 0 { context.errors.write("freed \(Displayed.bytes(UInt64(clamping: collected.bytes)))\n") }
    } catch ImageError.busy {
      context.warn("images are being added just now: containr image prune frees the space later")
    } catch let error as ImageError {
      failures.append(CommandExit(.failure, error.description, help: error.help))
    }
    guard let first = failures.first else { return }
    if failures.count == 1 { throw first }
    throw CommandExit(.failure, "\(failures.count) images are not removed", notes: failures.compactMap(\.message))
  }

  private func remove(_ name: String, _ shelf: ImageShelf, _ context: CommandContext) throws -> String {
    let store = shelf.store
    let found: (entry: ImageEntry, image: StoredImage)
    do {
      found = try store.find(name)
    } catch ImageError.unknown where force {
      return ""
    } catch {
      throw CommandExit(.failure, "\(error)", help: error.help)
    }
    let digest = found.image.target.digest
    let names = try context.transferring { try store.entries() }.filter { $0.descriptor.digest == digest }.compactMap(
      \.reference)
    let named = (try? ImageReference(name)).flatMap { names.contains($0) ? $0 : nil }
    if let named, untag || names.count > 1 {
      try context.transferring { _ = try store.untag(named) }
      return "Untagged: \(named.familiar)\n"
    }
    if named == nil, names.count > 1, !force {
      throw CommandExit(
        .failure, "the image \(name) has several names: \(names.map(\.familiar).joined(separator: ", "))",
        help: "name the one that goes, or take all: containr image rm -f \(name)")
    }
    let users = try shelf.users(of: found.image)
    if !users.isEmpty {
      let error = ImageError.inUse(name, by: users)
      throw CommandExit(.failure, error.description, help: error.help)
    }
    try context.transferring {
      for reference in names { try store.untag(reference) }
      try store.forget(digest)
    }
    return names.map { "Untagged: \($0.familiar)\n" }.joined() + "Deleted: \(found.image.id)\n"
  }
}

struct ImagePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Removes images without a name that no container uses, and what nothing leads to.")

  @Flag(name: .shortAndLong, help: "All images that no container uses.") var all = false
  @Flag(name: .shortAndLong, help: "Do not ask.") var force = false

  func run() throws {
    let context = try CommandContext()
    let shelf = try ImageShelf(context)
    if !force {
      guard Prompt.isPossible else {
        throw CommandExit(
          .refused, "images would be removed, and there is nobody to ask", help: "-f says that they may")
      }
      let what = all ? "all images that no container uses" : "images without a name that no container uses"
      guard Prompt.confirm("\(what) are removed. Go on?") else { throw CommandExit(.refused, "nothing was removed") }
    }
    let collected = try context.transferring { try shelf.collect(all ? .unused : .unnamed) }
    if !collected.images.isEmpty {
      context.output.write("Deleted Images:\n" + collected.images.map { "\($0)\n" }.joined() + "\n")
    }
    context.output.write(
      "Total reclaimed space: \(Displayed.bytes(UInt64(clamping: collected.bytes))) in "
        + "\(Displayed.count(collected.blobs, "blob")), and \(Displayed.count(collected.layers, "unpacked layer"))\n")
  }
}
