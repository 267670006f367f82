// The OCI runtime's program. First it becomes the same program on a mount that nobody can make writable: its processes
// enter containers (docs/decisions/0002-shim-binary.md).
internal import CContainrLinux
internal import ContainrOCIRuntime

/// The strings of a NULL-ended array.
func strings(_ array: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> [String] {
  var all: [String] = []
  var next = array
  while let text = next.pointee {
    all.append(String(cString: text))
    next += 1
  }
  return all
}

/// `NAME=value` of those that are set.
func variables(_ names: [String]) -> [String] {
  names.compactMap { name in cl_variable(name).map { "\(name)=\(String(cString: $0))" } }
}

// Sources/CSealedEntry has done so already, where this was not sealed before.
_ = cl_ensure_standard()
let sealed = cl_reexec_sealed()
if sealed < 0 {
  cl__exit(RuntimeProgram.notSealed(errno: -sealed))
}
cl__exit(
  RuntimeProgram.run(Array(strings(cl_arguments()).dropFirst()), environment: variables(RuntimeProgram.variables)))
