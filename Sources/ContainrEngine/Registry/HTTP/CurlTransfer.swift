// One request by one handle of libcurl: sets the options, takes the answer's pieces, tells errors apart. Follows nothing
// and repeats nothing.
internal import CCurl
internal import ContainrSystem

/// What a transfer ended with, other than an answer.
enum TransferFailure: Error {
  /// libcurl's code and words.
  case curl(CURLcode, String)
  /// What the receiver threw; of another kind than ours if it is the caller's.
  case receiver(any Error)
  case cancelled
}

/// How the peer is to be trusted and reached.
struct TransferOptions: Sendable {
  var verifiesPeer = true
  /// PEM of all CAs that count, if others do than the system's.
  var authorities: [UInt8]?
  var clientCertificate: (certificate: String, key: String)?
  var proxy: String?
  var proxyExceptions: String?
  var connectSeconds = 20
  var stallSeconds = 60
  var userAgent = "containr"
}

/// A transfer under way. Lives on the stack of the thread that performs it; libcurl's callbacks find it by its address.
final class CurlTransfer {
  /// All header lines of an answer together.
  static let headerLimit = 128 << 10

  private let request: HTTPRequest
  private let isCancelled: @Sendable () -> Bool
  private let makeSocket: (@Sendable (Bool) throws -> CInt)?
  private let receive: (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  private(set) var head = HTTPHead()
  private var headerBytes = 0
  private var sent: UInt64 = 0
  private var failure: (any Error)?
  /// Where libcurl says more than its code does.
  private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  deinit { words.deallocate() }

  init(
    _ request: HTTPRequest, isCancelled: @escaping @Sendable () -> Bool,
    makeSocket: (@Sendable (Bool) throws -> CInt)? = nil,
    receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  ) {
    self.request = request
    self.isCancelled = isCancelled
    self.makeSocket = makeSocket
    self.receive = receive
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  /// Runs to the end of the answer, whose pieces have gone to `receive` by then.
  func perform(on handle: CurlPool.Handle, _ options: TransferOptions) throws(TransferFailure) -> HTTPHead {
    let curl = handle.raw
    var list: UnsafeMutablePointer<curl_slist>?
    defer { cc_slist_free_all(list) }
    // libcurl's own additions that nobody asked for.
    var lines = request.headers.map { "\($0.name): \($0.value)" }
    if case .file = request.body {} else { lines.append("Expect:") }
    for line in lines { list = cc_slist_append(list, line) ?? list }
    let code = withExtendedLifetime(self) { () -> CURLcode in
      let setting = set(curl, options, list)
      return setting == CURLE_OK ? cc_easy_perform(curl) : setting
    }
    if let failure { throw .receiver(failure) }
    if code == CURLE_ABORTED_BY_CALLBACK { throw .cancelled }
    guard code == CURLE_OK else {
      throw .curl(code, words[0] == 0 ? String(cString: cc_easy_strerror(code)) : String(cString: words))
    }
    return head
  }

  private func set(
    _ curl: UnsafeMutableRawPointer, _ options: TransferOptions, _ list: UnsafeMutablePointer<curl_slist>?
  ) -> CURLcode {
    let numbers: [(CURLoption, Int)] = [
      // Timers without SIGALRM: there are threads.
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_NOPROGRESS, 0),
      (CURLOPT_DISALLOW_USERNAME_IN_URL, 1), (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      (CURLOPT_SSL_VERIFYPEER, options.verifiesPeer ? 1 : 0), (CURLOPT_SSL_VERIFYHOST, options.verifiesPeer ? 2 : 0),
      (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)), (CURLOPT_CONNECTTIMEOUT, options.connectSeconds),
      (CURLOPT_LOW_SPEED_LIMIT, 1), (CURLOPT_LOW_SPEED_TIME, options.stallSeconds), (CURLOPT_TCP_KEEPALIVE, 1),
      // A page of the network costs a call; 256 KiB are one write of the layer.
      (CURLOPT_BUFFERSIZE, 256 << 10), (CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10),
    ]
    let me = Unmanaged.passUnretained(self).toOpaque()
    let proxy = options.proxy ?? ""
    var codes = numbers.map { cc_set_long(curl, $0.0, $0.1) }
    codes += [
      cc_set_context(curl, CURLOPT_ERRORBUFFER, words),
      cc_set_string(curl, CURLOPT_URL, request.address.description),
      cc_set_string(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
      cc_set_string(curl, CURLOPT_USERAGENT, options.userAgent),
      // Also where there is none: or else libcurl would read the environment by rules of its own.
      cc_set_string(curl, CURLOPT_PROXY, proxy),
      cc_set_string(curl, CURLOPT_NOPROXY, options.proxyExceptions ?? ""),
      cc_set_list(curl, CURLOPT_HTTPHEADER, list),
      cc_set_context(curl, CURLOPT_HEADERDATA, me), cc_set_data_function(curl, CURLOPT_HEADERFUNCTION, headerArrived),
      cc_set_context(curl, CURLOPT_WRITEDATA, me), cc_set_data_function(curl, CURLOPT_WRITEFUNCTION, bodyArrived),
      cc_set_context(curl, CURLOPT_XFERINFODATA, me), cc_set_progress_function(curl, progressed),
    ]
    if makeSocket != nil { codes.append(cc_set_socket_function(curl, socketWanted, me)) }
    if let authorities = options.authorities {
      codes.append(authorities.withUnsafeBytes { cc_set_blob(curl, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count) })
    }
    if let (certificate, key) = options.clientCertificate {
      codes += [cc_set_string(curl, CURLOPT_SSLCERT, certificate), cc_set_string(curl, CURLOPT_SSLKEY, key)]
    }
    switch (request.method, request.body) {
    case ("GET", _): codes.append(cc_set_long(curl, CURLOPT_HTTPGET, 1))
    case ("HEAD", _): codes.append(cc_set_long(curl, CURLOPT_NOBODY, 1))
    case (let method, .none):
      // With no body, and told so: some servers want Content-Length: 0.
      codes += [
        cc_set_long(curl, CURLOPT_POST, 1), cc_set_offset(curl, CURLOPT_POSTFIELDSIZE_LARGE, 0),
        cc_set_string(curl, CURLOPT_COPYPOSTFIELDS, ""), cc_set_string(curl, CURLOPT_CUSTOMREQUEST, method),
      ]
    case (let method, let body):
      codes += [
        cc_set_long(curl, CURLOPT_UPLOAD, 1), cc_set_offset(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.count)),
        cc_set_context(curl, CURLOPT_READDATA, me), cc_set_data_function(curl, CURLOPT_READFUNCTION, bodyWanted),
        cc_set_context(curl, CURLOPT_SEEKDATA, me), cc_set_seek_function(curl, bodyRewound),
        cc_set_string(curl, CURLOPT_CUSTOMREQUEST, method),
      ]
    }
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }

  // MARK: callbacks; what they answer other than the count ends the transfer

  fileprivate func header(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytes += bytes.count
    if headerBytes > Self.headerLimit {
      failure = RegistryError(.tooBig, "\(request.address.origin) sends over \(Self.headerLimit >> 10) KiB of headers")
      return 0
    }
    var line = Substring(String(decoding: bytes, as: UTF8.self))
    while let last = line.last, last.isWhitespace { line = line.dropLast() }
    if line.hasPrefix("HTTP/") {
      // After a 100 Continue the true answer begins.
      let words = line.split(separator: " ", maxSplits: 2)
      head = HTTPHead(status: words.count > 1 ? Int(words[1]) ?? 0 : 0, headers: [])
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      head.headers.append((line[..<colon].lowercased(), String(value)))
    }
    return bytes.count
  }

  fileprivate func body(_ bytes: UnsafeRawBufferPointer) -> Int {
    do {
      try receive(head, bytes)
      return bytes.count
    } catch {
      failure = error
      // Any other number than the count: of an empty piece as well.
      return bytes.count + 1
    }
  }

  fileprivate func give(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    switch request.body {
    case .none: return 0
    case .bytes(let bytes):
      let count = min(buffer.count, bytes.count - Int(sent))
      bytes.withUnsafeBytes {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(sent)..<Int(sent) + count]))
      }
      sent += UInt64(count)
      return count
    case .file(let file, let offset, let whole):
      let most = Int(min(UInt64(buffer.count), whole - sent))
      if most == 0 { return 0 }
      do throws(SyscallError) {
        let count = try Kernel.read(
          file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<most]), at: offset + sent)
        guard count > 0 else { throw SyscallError(errno: 5, operation: "pread", detail: "the file became shorter") }
        sent += UInt64(count)
        return count
      } catch {
        failure = error
        return Int(CURL_READFUNC_ABORT)
      }
    }
  }

  fileprivate func rewind(to offset: curl_off_t) -> Bool {
    guard offset >= 0, UInt64(offset) <= request.body.count else { return false }
    sent = UInt64(offset)
    return true
  }

  /// -1: there is none (CURL_SOCKET_BAD). To a proxy as well. AF_INET is 2, AF_INET6 10; TCP is 1.
  fileprivate func socket(_ family: CInt, _ type: CInt) -> CInt {
    do {
      guard let makeSocket, type == 1, family == 2 || family == 10 else { return -1 }
      return try makeSocket(family == 10)
    } catch {
      failure = error
      return -1
    }
  }

  fileprivate var isUnwanted: Bool { isCancelled() }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
  Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
}

private let headerArrived: curl_write_callback = { bytes, size, count, context in
  transfer(context).header(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let bodyArrived: curl_write_callback = { bytes, size, count, context in
  transfer(context).body(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let bodyWanted: curl_write_callback = { bytes, size, count, context in
  transfer(context).give(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let bodyRewound: curl_seek_callback = { context, offset, _ in
  transfer(context).rewind(to: offset) ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
}

private let socketWanted: curl_opensocket_callback = { context, _, address in
  transfer(context).socket(address!.pointee.family, address!.pointee.socktype)
}

private let progressed: curl_xferinfo_callback = { context, _, _, _, _ in transfer(context).isUnwanted ? 1 : 0 }
