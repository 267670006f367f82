// Credentials and filters belong to a thread: each test that changes them does so on one that ends with it.
import Foundation
import Glibc

let isRoot = geteuid() == 0

/// Written by one thread, then read by the one that waited for it.
private final class ResultBox<Value>: @unchecked Sendable { var result: Result<Value, any Error>? }

/// Runs `body` on a thread of its own and waits for it.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  let box = ResultBox<Value>()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    box.result = Result { try body() }
    done.signal()
  }
  thread.start()
  done.wait()
  return try box.result!.get()
}

/// The lines of this thread's status by name, words joined by one blank.
func threadStatus() throws -> [String: String] {
  let text = try String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
  var fields: [String: String] = [:]
  for line in text.split(separator: "\n") {
    let parts = line.split(separator: ":", maxSplits: 1)
    let words = parts.count > 1 ? parts[1].split { $0 == " " || $0 == "\t" } : []
    fields[String(parts[0])] = words.joined(separator: " ")
  }
  return fields
}
