// The pipes through which a container's output comes, and its input goes.
internal import CContainrLinux
internal import ContainrSystem

/// A pipe from the container to its parent, which must never wait in it.
struct OutputPipe {
  let read: SharedFD
  let write: SharedFD

  init() throws(SyscallError) {
    let ends = try Kernel.pipe().release()
    read = SharedFD(OwnedFD(taking: ends.read))
    write = SharedFD(OwnedFD(taking: ends.write))
    try Kernel.setNonBlocking(read.raw)
  }
}

/// A pipe from its parent to the container; the parent must never wait in it.
struct InputPipe {
  let read: SharedFD
  let write: SharedFD

  init() throws(SyscallError) {
    let ends = try Kernel.pipe().release()
    read = SharedFD(OwnedFD(taking: ends.read))
    write = SharedFD(OwnedFD(taking: ends.write))
    try Kernel.setNonBlocking(write.raw)
  }
}
