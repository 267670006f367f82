// Names of files as the bytes that they are. Pure.
internal import SystemPackage

extension FilePath {
  /// A relative path of one name. `FilePath(root:_:)` goes through text, which changes names that are no UTF-8.
  init(name bytes: [UInt8]) { self.init(platformString: bytes.map { CChar(bitPattern: $0) } + [0]) }
}

extension FilePath.Component {
  /// Without the NUL.
  var bytes: [UInt8] {
    withPlatformString { pointer in
      var length = 0
      while pointer[length] != 0 { length += 1 }
      return UnsafeRawBufferPointer(start: pointer, count: length).map { $0 }
    }
  }
}
