// The kernel's counts of block devices and names of huge pages, as `events` reads them.
import Testing

@testable import ContainrOCIRuntime

@Suite("Counts of devices")
struct BlockIOEntryTests {
  @Test("v1 has a line for each device and operation, and one for all that is none of them")
  func v1() {
    let text = "254:0 Read 4096\n254:0 Discard 0\n8:16 Total 12\nTotal 4108\n\nx:1 Read 1\n8:1 Read -1\n"
    #expect(
      BlockIOEntry.v1(text) == [
        BlockIOEntry(major: 254, minor: 0, operation: "Read", value: 4096),
        BlockIOEntry(major: 254, minor: 0, operation: "Discard", value: 0),
        BlockIOEntry(major: 8, minor: 16, operation: "Total", value: 12),
      ])
    #expect(BlockIOEntry.v1("Total 0\n").isEmpty)
  }

  @Test("v2 has a line for each device, with bytes and requests in it")
  func v2() {
    let (bytes, requests) = BlockIOEntry.v2("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n8:1\n")
    #expect(bytes.map { "\($0.operation) \($0.value)" } == ["Read 1", "Write 2", "Discard 5"])
    #expect(requests.map { "\($0.operation) \($0.value)" } == ["Read 3", "Write 4", "Discard 6"])
  }

  @Test("pages have the names that files of cgroups have")
  func pages() {
    let names = ["hugepages-2048kB", "hugepages-1048576kB", "hugepages-64kB", "hugepages-xkB", "node0"]
    #expect(names.map(HugePageName.size) == ["2MB", "1GB", "64KB", nil, nil])
  }
}
