// A running container of a stack as who is attached to it sees it.
public import ContainrHost
internal import ContainrRuntime
internal import ContainrSystem

/// One attachment. Leaving is letting go of it.
public final class ContainerAttachment {
  /// What is heard.
  public enum News: Sendable, Hashable {
    case output(isError: Bool, [UInt8])
    /// The container has ended with this code; nil: we could not keep up, or its shim was killed.
    case over(Int32?)
  }

  private let container: AttachedContainer

  fileprivate init(_ container: AttachedContainer) { self.container = container }

  /// Whether the program has a terminal.
  public var hasTerminal: Bool { container.hasTerminal }
  /// Whether what is typed reaches it.
  public var takesInput: Bool { container.takesInput }
  /// For an event loop; readable when there is news.
  public var descriptor: CInt { container.descriptor }

  /// The next news; nil if there is none now.
  public func hear() throws(EngineError) -> News? {
    switch try attempt({ () throws(RuntimeError) in try container.hear() }) {
    case nil: nil
    case .output(let isError, let bytes)?: .output(isError: isError, bytes)
    case .over(let code)?: .over(code)
    }
  }

  /// Types, at most 32 KiB; false if nothing more is taken now.
  public func type(_ bytes: [UInt8]) throws(EngineError) -> Bool {
    try attempt { () throws(RuntimeError) in try container.type(bytes) }
  }

  /// Our terminal has this size.
  public func resize(rows: UInt16, columns: UInt16) throws(EngineError) {
    try attempt { () throws(RuntimeError) in try container.resize(rows: rows, columns: columns) }
  }

  /// Nothing more is typed; false if that is not taken now.
  public func endInput() throws(EngineError) -> Bool {
    try attempt { () throws(RuntimeError) in try container.endInput() }
  }

  private func attempt<Result>(_ body: () throws(RuntimeError) -> Result) throws(EngineError) -> Result {
    do { return try body() } catch { throw EngineError(.kernel, error.description) }
  }
}

extension StackEngine {
  /// Attaches to a container by its id; nil for one that has neither a terminal nor an open standard input. Looks at no
  /// process: the shim of one that has ended may be waiting for this very client, and who looks waits for the shim.
  public func attach(_ container: String) throws(EngineError) -> ContainerAttachment? {
    do { return try runtime.attach(container).map { ContainerAttachment($0) } } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// A signal to the first process of the container with this id; one that has ended is no error.
  public func pass(_ signal: Int32, to container: String) throws(EngineError) {
    do { _ = try runtime.signal(container, signal: signal) } catch { throw EngineError(.kernel, error.description) }
  }
}
