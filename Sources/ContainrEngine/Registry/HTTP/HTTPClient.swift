// Requests with their redirects: whom to trust, what never leaves for another host, and what libcurl's errors mean.
internal import CCurl
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

/// Asks servers; any thread may.
final class HTTPClient: Sendable {
  /// More hops than any registry needs (Go's limit).
  static let redirectLimit = 10
  /// What is read of an answer that is an error or a redirect.
  static let errorBodyLimit = 64 << 10

  /// Says that enough was read; never leaves this file.
  private struct Enough: Error {}

  let settings: RegistrySettings
  private let pool = CurlPool()
  /// certs.d, read once a host.
  private let trust = Mutex<[WebAddress.Origin: TransferOptions]>([:])

  init(_ settings: RegistrySettings) { self.settings = settings }

  /// Sends and follows redirects. The body of a success goes to `receive`; of anything else the first 64 KiB are in the
  /// answer. What `receive` throws is thrown.
  func exchange(
    _ request: HTTPRequest, receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPAnswer {
    var request = request
    for _ in 0...Self.redirectLimit {
      let answer = try single(request, receive)
      guard answer.head.isRedirect, let location = answer.head.first("location") else { return answer }
      request = try next(request, answer.head.status, location)
    }
    throw RegistryError(
      .invalidAnswer, "\(request.address.origin) sends from redirect to redirect, more than \(Self.redirectLimit) times"
    )
  }

  /// The same with the whole body in memory; over `limit` bytes is an error.
  func exchange(_ request: HTTPRequest, limit: Int) throws -> HTTPAnswer {
    var body: [UInt8] = []
    var answer = try exchange(request) { head, bytes in
      if UInt64(body.count + bytes.count) > UInt64(limit) || head.contentLength ?? 0 > UInt64(limit) {
        throw RegistryError(
          .tooBig, "\(request.address.origin) answers with more than \(limit >> 10) KiB where that is the most")
      }
      body.append(contentsOf: bytes)
    }
    if answer.head.isSuccess { answer.body = body }
    return answer
  }

  // MARK: one request

  private func single(
    _ request: HTTPRequest, _ receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPAnswer {
    var options = try self.options(for: request.address.origin)
    if case .none = request.body {} else { options.stallSeconds *= 5 }
    var other: [UInt8] = []
    let transfer = CurlTransfer(request, isCancelled: settings.isCancelled, makeSocket: settings.makeSocket) {
      head, bytes in
      if head.isSuccess { return try receive(head, bytes) }
      let room = Self.errorBodyLimit - other.count
      other.append(contentsOf: bytes.prefix(room))
      if bytes.count > room { throw Enough() }
    }
    let handle = try pool.take()
    do throws(TransferFailure) {
      let head = try transfer.perform(on: handle, options)
      pool.give(handle)
      return HTTPAnswer(head: head, body: other, address: request.address)
    } catch {
      pool.end(handle)
      switch error {
      case .receiver(is Enough): return HTTPAnswer(head: transfer.head, body: other, address: request.address)
      case .receiver(let thrown): throw thrown
      case .cancelled: throw RegistryError(.cancelled, "interrupted")
      case .curl(let code, let words): throw meaning(of: code, words, at: request.address.origin)
      }
    }
  }

  private func options(for origin: WebAddress.Origin) throws -> TransferOptions {
    if let known = trust.withLock({ $0[origin] }) { return known }
    var options = TransferOptions()
    options.connectSeconds = settings.connectSeconds
    options.stallSeconds = settings.stallSeconds
    options.userAgent = settings.userAgent
    options.proxy = settings.proxies.proxy(for: origin)
    options.proxyExceptions = settings.proxies.exceptions
    options.verifiesPeer = !settings.isInsecure(origin)
    if origin.scheme == "https",
      let own = try CertificateDirectory.find(origin, in: settings.certificateDirectories)
    {
      if !own.authorities.isEmpty {
        options.authorities = try CertificateDirectory.systemAuthorities() + own.authorities
      }
      options.clientCertificate = own.client.map { ($0.certificate.string, $0.key.string) }
    }
    trust.withLock { $0[origin] = options }
    return options
  }

  // MARK: redirects

  /// The request that a redirect asks for. Credentials and client certificates stay with the origin that they are for.
  private func next(_ request: HTTPRequest, _ status: Int, _ location: String) throws -> HTTPRequest {
    let from = request.address
    guard let address = WebAddress(location, relativeTo: from) else {
      throw RegistryError(.invalidAnswer, "\(from.origin) redirects to what is no http or https address")
    }
    if from.isSecure && !address.isSecure {
      throw RegistryError(
        .invalidAnswer, "\(from.origin) redirects from HTTPS to plain HTTP at \(address.origin), which is not followed",
        help: "a registry behind a proxy has to be told that it is reached by HTTPS (X-Forwarded-Proto)")
    }
    let keepsBody = status == 307 || status == 308
    guard keepsBody || request.method == "GET" || request.method == "HEAD" else {
      throw RegistryError(.invalidAnswer, "\(from.origin) answers \(request.method) with a redirect (\(status))")
    }
    var next = request
    next.address = address
    if address.origin != from.origin {
      // What is posted to a token server holds a refresh token.
      if keepsBody, request.headers.contains(where: { $0.value == "application/x-www-form-urlencoded" }) {
        throw RegistryError(
          .invalidAnswer, "\(from.origin) sends a login on to \(address.origin), where it does not go")
      }
      next.headers.removeAll { ["authorization", "cookie"].contains($0.name.lowercased()) }
    }
    return next
  }

  // MARK: errors

  private func meaning(of code: CURLcode, _ words: String, at origin: WebAddress.Origin) -> RegistryError {
    let name = origin.authority
    var error: RegistryError
    switch code {
    case _ where words.contains("response 407") || words.contains("code 407 from proxy"):
      error = RegistryError(
        .unreachable, "the proxy on the way to \(name) wants a login", notes: [words],
        help: "its address may have one in it: http://USER:PASSWORD@HOST:PORT")
    case _ where words.contains("CONNECT tunnel failed") || words.contains("from proxy after CONNECT"):
      error = RegistryError(.unreachable, "the proxy does not lead to \(name)", notes: [words])
      error.transience = .often
    case _ where words.contains("certificate required") || words.contains("alert bad certificate"):
      error = RegistryError(
        .tls, "\(name) wants a certificate of ours, and does not accept what it is shown", notes: [words],
        help: "put it into \(firstDirectory)/\(name) as client.cert, with its key in client.key")
    case CURLE_COULDNT_RESOLVE_HOST:
      error = RegistryError(.unreachable, "there is no host \(origin.host)", notes: [words])
      error.transience = .once
    case CURLE_COULDNT_RESOLVE_PROXY:
      error = RegistryError(.unreachable, "the proxy for \(name) is not found", notes: [words])
      error.transience = .once
    case CURLE_COULDNT_CONNECT:
      error = RegistryError(.unreachable, "no connection to \(name)", notes: [words])
      error.transience = .once
    case CURLE_PEER_FAILED_VERIFICATION:
      error = RegistryError(
        .tls, "the certificate of \(name) is not trusted", notes: [words],
        help: "put the CA's certificate into \(firstDirectory)/\(name)/ca.crt, or name \(name) insecure: "
          + RegistriesFile.insecureHelp(name))
    case CURLE_SSL_CONNECT_ERROR where words.contains("wrong version number") || words.contains("unknown protocol"):
      error = RegistryError(
        .plainHTTP, "\(name) speaks plain HTTP, not HTTPS", notes: [words],
        help: "if that is meant, name \(name) insecure: " + RegistriesFile.insecureHelp(name))
    case CURLE_SSL_CONNECT_ERROR:
      error = RegistryError(.tls, "no TLS with \(name)", notes: [words])
      error.transience = .once
    case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
      error = RegistryError(
        .configuration, "the certificates for \(name) cannot be used", notes: [words],
        help: "they lie in \(settings.certificateDirectories.map(\.string).joined(separator: ", "))")
    case CURLE_OPERATION_TIMEDOUT:
      error = RegistryError(.unreachable, "\(name) does not answer in time", notes: [words])
      error.transience = .often
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_WRITE_ERROR:
      error = RegistryError(.unreachable, "the connection to \(name) broke", notes: [words])
      if origin.scheme == "https", trust.withLock({ $0[origin]?.clientCertificate }) == nil {
        // With TLS 1.3 the alert often does not come through.
        error.notes.append(
          "so does a registry that wants a certificate of ours: \(firstDirectory)/\(name)/client.cert, .key")
      }
      error.transience = .often
    case CURLE_OUT_OF_MEMORY: error = RegistryError(.local, "libcurl: out of memory")
    default: error = RegistryError(.invalidAnswer, "\(name) does not answer as HTTP wants it", notes: [words])
    }
    return error
  }

  private var firstDirectory: String { settings.certificateDirectories.first?.string ?? "/etc/containr/certs.d" }
}

extension RegistrySettings {
  /// Whether TLS of this origin goes unverified, by either way to write its port.
  func isInsecure(_ origin: WebAddress.Origin) -> Bool {
    isInsecure(origin.authority) || isInsecure("\(origin.host):\(origin.port)")
  }
}
