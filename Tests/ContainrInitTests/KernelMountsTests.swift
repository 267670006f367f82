// Which mounts go out of a namespace whose root is not changed by pivot_root.
@testable import ContainrRootfs
import Testing

@Suite struct KernelMountsTests {
  @Test("Every procfs and sysfs but the container's own, with their names as they are")
  func points() {
    let text = """
      22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw
      23 27 0:22 / /sys rw - sysfs sysfs rw
      24 27 0:5 / /dev rw - devtmpfs udev rw
      25 27 0:40 / /a\\040b/proc rw - proc proc rw
      26 27 0:41 / /bundle/rootfs/proc rw - proc proc rw
      27 1 254:0 / / rw - ext4 /dev/vda rw
      28 27 0:42 / /bundle/rootfs-other/sys rw - sysfs sysfs rw
      """
    #expect(
      KernelMounts.points(mountinfo: text, butBelow: "/bundle/rootfs") == [
        "/proc", "/sys", "/a b/proc", "/bundle/rootfs-other/sys",
      ])
  }
}
