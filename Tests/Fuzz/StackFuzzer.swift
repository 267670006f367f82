// The entry of the fuzz target: the first byte says who reads the rest. scripts/fuzz.sh builds it into one module with
// ContainrSpec and the name server's readers, so that what is inside is within reach and coverage counts our code alone.
import Glibc

/// What libFuzzer calls, once an input, always on one thread. Traps where an invariant does not hold.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  let before = processorSeconds()
  // The digits '0' to '8' of the seeds.
  switch (start[0] &- 48) % 9 {
  case 0: StackFuzz.check(bytes, purpose: .run)
  case 1: StackFuzz.check(bytes, purpose: .check)
  case 2: StackFuzz.check(bytes, purpose: .strict, interpolates: false)
  case 3: TextFuzz.interpolation(bytes)
  case 4: TextFuzz.envFile(bytes, isRaw: false)
  case 5: TextFuzz.envFile(bytes, isRaw: true)
  case 6: TextFuzz.values(bytes)
  case 7: StackFuzz.composer(bytes)
  default: NameFuzz.query(bytes)
  }
  // libFuzzer's own timeout counts wall time, which says nothing on a busy machine.
  let spent = processorSeconds() - before
  if spent > 2 { fatalError("\(count) bytes took \(spent) s of processor time") }
  return 0
}

private func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
