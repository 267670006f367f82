// Where an image comes from that is not a registry: an archive (OCI or `docker save`, plain or packed, a file or a pipe) or
// an image layout's directory. Reads files by name and checks nothing of what they say.
internal import CContainrLinux
internal import ContainrImageSpec
public import ContainrSystem
public import SystemPackage

/// Files of an image, by their names in an archive or a directory.
public final class ImageSource: Sendable {
  private enum Place: Sendable {
    case directory(SharedFD)
    case archive(SharedFD, ArchiveList)
  }
  private let place: Place
  /// As the user named it.
  public let name: String

  private init(_ place: Place, name: String) {
    self.place = place
    self.name = name
  }

  /// Opens a directory, or an archive that is listed by `program`. What is packed is unpacked first, into a file of
  /// `scratch` that has no name.
  public convenience init(_ path: FilePath, program: FilePath, scratch: FilePath) throws(ImageError) {
    let file = try Self.open(path)
    let isDirectory = try BlobStore.storing { () throws(SyscallError) in try Kernel.status(at: file.raw).isDirectory }
    if isDirectory {
      self.init(.directory(SharedFD(file)), name: path.string)
    } else {
      try self.init(archive: file, name: path.string, program: program, scratch: scratch)
    }
  }

  /// A file of the user's for reading.
  private static func open(_ path: FilePath) throws(ImageError) -> OwnedFD {
    do {
      return try Kernel.open(path, [.readOnly, .nonBlocking])
    } catch {
      throw .malformed(what: path.string, reason: error.errno == 2 ? "there is no such file" : error.description)
    }
  }

  /// Takes an open archive, which may be a pipe.
  public convenience init(
    archive: consuming OwnedFD, name: String, program: FilePath, scratch: FilePath
  ) throws(ImageError) {
    let file = SharedFD(try Self.plain(archive, name, program, scratch))
    do {
      self.init(.archive(file, try ArchiveList.run(program: program, archive: file.raw)), name: name)
    } catch {
      throw .malformed(what: name, reason: error.description)
    }
  }

  /// Whether it has a file of this name.
  public func has(_ name: String) -> Bool {
    switch place {
    case .archive(_, let list): list.file(name) != nil
    case .directory(let directory): (try? Self.open(name, directory)) != nil
    }
  }

  /// A small file whole; nil if there is none.
  public func bytes(_ name: String, limit: Int) throws(ImageError) -> [UInt8]? {
    var all: [UInt8] = []
    let size = try size(name)
    guard let size else { return nil }
    if size > limit { throw .tooLarge(what: "\(name) of \(self.name)", size: size, limit: Int64(limit)) }
    do {
      try read(name, from: 0) { all += $0 }
    } catch {
      throw error as? ImageError ?? .malformed(what: "\(name) of \(self.name)", reason: "\(error)")
    }
    return all
  }

  /// Bytes of a file; nil if there is none.
  public func size(_ name: String) throws(ImageError) -> Int64? {
    switch place {
    case .archive(_, let list): return list.file(name)?.size
    case .directory(let directory):
      guard let file = try Self.open(name, directory) else { return nil }
      return try BlobStore.storing { () throws(SyscallError) in
        Int64(clamping: try Kernel.status(at: file.raw).size)
      }
    }
  }

  /// Gives a file's bytes from an offset on, piece by piece. A file that is not there is an error.
  public func read(
    _ name: String, from start: Int64, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    switch place {
    case .archive(let file, let list):
      guard let entry = list.file(name) else { throw missing(name) }
      try Self.read(file.raw, entry.offset + start, entry.size - start, take)
    case .directory(let directory):
      guard let file = try Self.open(name, directory) else { throw missing(name) }
      let size = Int64(clamping: try Kernel.status(at: file.raw).size)
      try Self.read(file.raw, start, size - start, take)
    }
  }

  private func missing(_ name: String) -> ImageError { .malformed(what: self.name, reason: "it has no file '\(name)'") }

  private static func read(
    _ file: CInt, _ offset: Int64, _ count: Int64, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var done: Int64 = 0
    while done < count {
      let got = try Kernel.read(file, into: &buffer, at: UInt64(offset + done))
      if got == 0 { return }  // shorter than it said: who takes it counts
      let some = min(Int64(got), count - done)
      try buffer.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[..<Int(some)])) }
      done += some
    }
  }

  /// A regular file below the directory, through no link that leads out.
  private static func open(_ name: String, _ directory: SharedFD) throws(ImageError) -> OwnedFD? {
    do {
      let file = try Kernel.open(
        FilePath(name), at: directory.raw, [.readOnly, .nonBlocking], resolve: [.beneath, .noMagicLinks])
      guard try Kernel.status(at: file.raw).isRegular else { return nil }
      return file
    } catch {
      if [2, 18, 20, 40].contains(error.errno) { return nil }
      throw .store(error)
    }
  }

  /// The archive as a plain tar that can be read anywhere: itself, or a nameless copy.
  static func plain(
    _ archive: consuming OwnedFD, _ name: String, _ program: FilePath, _ scratch: FilePath
  ) throws(ImageError) -> OwnedFD {
    do {
      var source = consume archive
      if try !Kernel.status(at: source.raw).isRegular {
        // It was opened so as not to wait for a writer, and now there may be one.
        try check(cl_set_nonblocking(source.raw, 0), "fcntl")
        let copy = try nameless(scratch)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
          let count = try Kernel.read(source.raw, into: &buffer)
          if count == 0 { break }
          try copy.writeAll(Array(buffer[..<count]))
        }
        source = copy
      }
      var magic = [UInt8](repeating: 0, count: 8)
      magic.removeLast(8 - (try Kernel.read(source.raw, into: &magic, at: 0)))
      _ = cl_lseek(source.raw, 0, 0)
      if let form = LayerCompression(magic: magic)?.rawValue ?? ForeignInflater.Form(magic: magic)?.rawValue {
        let copy = try nameless(scratch)
        let child = try ChildProcess.spawn(
          program, arguments: ["containr", LayerInflater.subcommand, form], descriptors: [source.raw, copy.raw, 2])
        if let refusal = LayerInflater.refusal(try child.wait()) {
          throw ImageError.malformed(what: name, reason: refusal)
        }
        _ = cl_lseek(copy.raw, 0, 0)
        return copy
      }
      return source
    } catch let error as SyscallError {
      throw .malformed(what: name, reason: error.description)
    } catch let error as ImageError {
      throw error
    } catch {
      fatalError("\(error)")
    }
  }

  /// O_TMPFILE: gone with its last descriptor, whatever happens.
  public static func nameless(_ directory: FilePath) throws(SyscallError) -> OwnedFD {
    try Kernel.makeDirectories(directory, mode: 0o700)
    return try Kernel.open(directory, [.readWrite, .temporary], mode: 0o600)
  }
}
