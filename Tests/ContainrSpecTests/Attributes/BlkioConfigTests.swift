// blkio_config: weights and limits of block devices.
import Testing

struct BlkioConfigTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{weight: 300}", "{weight: 300}"),
      (#"{weight: "${NUMBER}00"}"#, "{weight: 300}"),
      ("{weight_device: [{path: /dev/sda, weight: 400}]}", "{weight_device: [{path: /dev/sda, weight: 400}]}"),
      (
        "{device_read_bps: [{path: /dev/sda, rate: 12mb}], device_write_bps: [{path: /dev/sda, rate: 1024}]}",
        "{device_read_bps: [{path: /dev/sda, rate: '12582912'}], device_write_bps: [{path: /dev/sda, rate: '1024'}]}"
      ),
      (
        #"{device_read_iops: [{path: /dev/sda, rate: 120}], device_write_iops: [{path: /dev/sda, rate: "30"}]}"#,
        "{device_read_iops: [{path: /dev/sda, rate: '120'}], device_write_iops: [{path: /dev/sda, rate: '30'}]}"
      ),
      ("{device_read_iops: [{path: /dev/sda, rate: 1k}]}", "{device_read_iops: [{path: /dev/sda, rate: '1024'}]}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("blkio_config", "blkio_config: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("300", "C0101 4:19"),
      ("{wieght: 300}", "C0102 4:20"),
      ("{weight: 1001}", "C0113 4:28"),
      ("{weight: 5}", "C0113 4:28"),
      ("{device_read_bps: {path: /dev/sda}}", "C0101 4:37"),
      ("{device_read_bps: [{path: /dev/sda}]}", "C0104 4:38"),
      ("{weight_device: [{path: /dev/sda, weight: 5}]}", "C0113 4:61"),
      ("{device_read_bps: [{path: sda, rate: 1}]}", "C0118 4:45"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("blkio_config: \(text)") == expected)
  }

  @Test(
    "key by key; a later file replaces the entry of the same device",
    arguments: [
      (
        "{weight: 100, device_read_bps: [{path: /dev/a, rate: 1}]}",
        "{device_read_bps: [{path: /dev/a, rate: 2}, {path: /dev/b, rate: 3}]}",
        "{device_read_bps: [{path: /dev/a, rate: '2'}, {path: /dev/b, rate: '3'}], weight: 100}"
      )
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("blkio_config", "blkio_config: \(base)", "blkio_config: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("{weight: 300}", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("blkio_config: \(text)") == expected)
  }
}
