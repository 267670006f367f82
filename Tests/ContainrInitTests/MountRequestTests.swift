// What the options of a mount and the maps of ids mean. Pure.
import ContainrOCI
import ContainrRootfs
import Testing

@Suite("Mounts of config.json")
struct MountRequestTests {
  private func request(_ options: [String], type: String = "bind") throws -> MountRequest {
    try MountRequest(OCIMount(destination: "/t", type: type, source: "/s", options: options))
  }

  @Test("Each option goes where it belongs: the mount, all below it, its propagation, its file system")
  func options() throws {
    #expect(try request(["rbind", "ro", "rnosuid", "rslave"]).text == "rbind /s /t ro,r:nosuid,rslave")
    #expect(try request(["bind", "rro", "private"]).text == "bind /s /t r:ro,private")
    #expect(
      try request(["nosuid", "mode=755", "size=65536k", "strictatime"], type: "tmpfs").text
        == "mount tmpfs /s /t nosuid,strictatime,mode=755,size=65536k")
    #expect(try request(["tmpcopyup"], type: "tmpfs").copiesUp)
    #expect(try request(["remount", "ro"]).text == "remount /t ro")
  }

  @Test("A word that a bind mount has not is refused: a protection that is written wrongly would be lost")
  func unknown() throws {
    for word in ["nosiud", "roo", "rnosiud"] {
      #expect(throws: MountPlanError("mount /t: a bind mount has no option '\(word)'")) { try request(["bind", word]) }
    }
    #expect(
      try request(["rbind", "rnorelatime", "nostrictatime", "sync", "nolazytime", "mode=755"]).text == "rbind /s /t -")
    #expect(try request(["roo"], type: "tmpfs").text == "mount tmpfs /s /t roo")
  }

  @Test("Of options that contradict each other the last one holds")
  func last() throws {
    #expect(try request(["ro", "rw"]).text == "bind /s /t -ro")
    #expect(try request(["rw", "ro"]).text == "bind /s /t ro")
    #expect(try request(["noatime", "strictatime"]).text == "bind /s /t strictatime")
    #expect(try request(["strictatime", "relatime"]).text == "bind /s /t -noatime,-strictatime")
    #expect(try request(["rro", "rrw"]).text == "bind /s /t r:-ro")
  }

  @Test("A map makes a bind idmapped, alone or with all below, and nothing else can be")
  func maps() throws {
    var mount = OCIMount(destination: "/t", type: "bind", source: "/s", options: ["rbind", "ridmap"])
    mount.uidMappings = [OCIIDMapping(containerID: 0, hostID: 1000, size: 1)]
    mount.gidMappings = mount.uidMappings
    #expect(try MountRequest(mount).text == "rbind /s /t ridmap=0 1000 1")
    #expect(try request(["bind", "idmap"]).text == "bind /s /t idmap=own")
    #expect(throws: MountPlanError("mount /t: only a bind mount can be idmapped")) {
      try request(["idmap"], type: "tmpfs")
    }
    // The specification only recommends the word; without it a map holds for the one mount, as in runc.
    mount.options = ["rbind"]
    #expect(try MountRequest(mount).text == "rbind /s /t idmap=0 1000 1")
    mount.gidMappings = []
    #expect(throws: MountPlanError("mount /t: uidMappings and gidMappings belong together")) {
      try MountRequest(mount)
    }
  }

  @Test("What names files of the host is the host's work for a container with ids of its own")
  func hostsWork() throws {
    let bind = MountStep.request(try request(["bind"]))
    let mapped = MountStep.request(try request(["bind", "idmap"]))
    let own = MountStep.request(try request([], type: "tmpfs"))
    #expect(!bind.isHostsWork(inUserNamespace: false) && bind.isHostsWork(inUserNamespace: true))
    #expect(mapped.isHostsWork(inUserNamespace: false))
    #expect(!own.isHostsWork(inUserNamespace: true))
    #expect(MountStep.directory("/r").isHostsWork(inUserNamespace: true))
  }

  @Test("Maps that the kernel would refuse are refused with the reason")
  func faults() {
    func range(_ inside: UInt32, _ outside: UInt32, _ size: UInt32) -> OCIIDMapping {
      OCIIDMapping(containerID: inside, hostID: outside, size: size)
    }
    #expect(IDMap.fault(in: [range(0, 100_000, 65536)]) == nil)
    #expect(IDMap.fault(in: []) == "names no ids")
    #expect(IDMap.fault(in: [range(0, 0, 0)]) == "range 0 is empty")
    #expect(IDMap.fault(in: [range(0, .max, 2)]) == "range 0 runs over the greatest id outside")
    #expect(IDMap.fault(in: [range(0, 1000, 10), range(5, 2000, 1)]) == "range 1 has ids inside that another has")
    #expect(IDMap.fault(in: [range(0, 1000, 10), range(10, 1009, 1)]) == "range 1 has ids outside that another has")
    #expect(IDMap.host(5, in: [range(0, 1000, 1), range(5, 2000, 1)]) == 2000)
    #expect(IDMap.host(6, in: [range(0, 1000, 1), range(5, 2000, 1)]) == nil)
    #expect(IDMap.text([range(0, 1000, 1), range(5, 2000, 1)]) == "0 1000 1\n5 2000 1\n")
  }
}
