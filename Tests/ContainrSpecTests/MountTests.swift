// volumes and tmpfs.
import Testing

@testable import ContainrSpec

struct MountTests {
  private let data = "volumes: {data: , other: {name: real, external: true}}"

  @Test("short form: bind, volume, read-only")
  func short() throws {
    let loaded = loadWeb(
      "volumes:\n  - ./site/:/srv/www/:ro\n  - data:/var/lib/data\n  - /etc/x:/etc/x:rw,Z\n  - ../up:/up\n  - ~/h:/h:cached",
      rest: data, environment: ["HOME": "/home/me"])
    let mounts = try loaded.service().mounts
    #expect(mounts.map(\.target) == ["/h", "/up", "/etc/x", "/srv/www", "/var/lib/data"])
    #expect(mounts.map(\.source) == ["/home/me/h", "/srv/up", "/etc/x", "/srv/demo/site", "data"])
    #expect(mounts.map(\.readOnly) == [false, false, false, true, false])
    #expect(mounts[0].createHostPath && mounts[4].kind == .volume && !mounts[4].createHostPath)
    #expect(mounts.map(\.relabel) == [nil, nil, .privately, nil, nil])
    #expect(loaded.codes == [])
  }

  @Test("SELinux: z and Z in both forms")
  func relabel() throws {
    let loaded = loadWeb(
      "volumes: [data:/a:z, {type: bind, source: ./b, target: /b, bind: {selinux: Z}}, {type: bind, source: ./c, target: /c}]",
      rest: data)
    #expect(try loaded.service().mounts.map(\.relabel) == [.shared, .privately, nil])
    #expect(loaded.codes == [])
  }

  @Test("long form of all kinds")
  func long() throws {
    let loaded = loadWeb(
      """
      volumes:
        - {type: bind, source: ./a, target: /a, read_only: true, bind: {create_host_path: false}}
        - {type: volume, source: data, target: /b, volume: {nocopy: true}}
        - type: tmpfs
          target: /c
          tmpfs: {size: 64m, mode: 0o750}
        - {type: tmpfs, target: /d, tmpfs: {size: 1024, mode: 1777}}
      """, rest: data)
    let mounts = try loaded.service().mounts
    #expect(mounts[0] == MountPlan(kind: .bind, source: "/srv/demo/a", target: "/a", readOnly: true))
    var data = MountPlan(kind: .volume, source: "data", target: "/b")
    data.noCopy = true
    #expect(mounts[1] == data)
    #expect(mounts[2] == MountPlan(kind: .tmpfs, source: "", target: "/c", size: 64 << 20, mode: 0o750))
    #expect(mounts[3] == MountPlan(kind: .tmpfs, source: "", target: "/d", size: 1024, mode: 0o1777))
    #expect(loaded.codes.isEmpty)
  }

  @Test("tmpfs as string and list")
  func tmpfs() throws {
    #expect(try loadWeb("tmpfs: /run").service().mounts == [MountPlan(kind: .tmpfs, source: "", target: "/run")])
    let mounts = try loadWeb("tmpfs: [/run, \"/tmp:size=1g,mode=755\"]").service().mounts
    #expect(mounts[1] == MountPlan(kind: .tmpfs, source: "", target: "/tmp", size: 1 << 30, mode: 0o755))
    #expect(loadWeb("tmpfs: /run:uid=x").codes == ["C0113"])
    #expect(loadWeb("tmpfs: /run:size=0").codes == ["C0112"])
  }

  @Test("named volumes must be declared; only used ones are planned; external ones keep their name")
  func named() throws {
    let plan = try loadWeb("volumes: [other:/o]", rest: data).plan()
    #expect(plan.volumes.map(\.key) == ["other"])
    #expect(plan.volumes[0].name == "real" && plan.volumes[0].isExternal)
    #expect(try loadWeb("volumes: [data:/o]", rest: data).plan().volumes[0].name == "demo_data")
    let finding = try loadWeb("volumes: [dtaa:/x]", rest: data).finding("C0210")
    #expect(finding.help == "did you mean 'data'?")
    #expect(loadWeb("volumes: [db:/x]").text.contains("  db:\n"))
    #expect(loadWeb("", rest: "volumes: {a: {external: false}, b: {driver: nfs}}").codes == ["C0401"])
    #expect(loadWeb("", rest: "volumes: {b: {driver_opts: {type: nfs}}}").codes == ["C0401"])
    #expect(loadWeb("", rest: "volumes: {b: {driver: local, labels: {a: b}}}").codes == [])
  }

  @Test("options and labels of a volume are fields with places; a bind's relative device is the project's")
  func options() throws {
    let volume = try loadWeb(
      "volumes: [b:/b]",
      rest: "volumes:\n  b:\n    labels: [x=1]\n    driver_opts: {type: none, o: bind, device: ./d}"
    ).plan().volumes[0]
    #expect(
      volume.fields.map { "\($0.path)=\($0.value)" } == [
        "driver_opts.device=/srv/demo/d", "driver_opts.o=bind", "driver_opts.type=none", "labels.x=1", "name=demo_b",
      ])
    #expect(volume.origins?["driver_opts.device"]?.line == volume.origins?["driver_opts.o"]?.line)
    #expect(volume.origins?.count == 4)
    let local = try LocalVolume(volume.options)
    #expect(local?.isBind == true && local?.device == "/srv/demo/d")
  }

  @Test("a volume without a name is the container's own: not among those of the stack")
  func anonymous() throws {
    let plan = try loadWeb("volumes: [/a, {type: volume, target: /b, read_only: true, volume: {nocopy: true}}]").plan()
    #expect(plan.volumes.isEmpty)
    #expect(plan.services[0].mounts.map(\.isAnonymous) == [true, true])
    #expect(plan.services[0].mounts.map(\.volumeKey) == ["/a", "/b"])
    #expect(plan.services[0].fields.first { $0.path == "volumes./b" }?.value == "volume,ro,nocopy")
  }

  @Test("mistakes are errors")
  func mistakes() {
    let cases = [
      ("[/data]", ""), ("[\"./a:b\"]", "C0118"), ("[\"./a:/b:/c:/d\"]", "C0110"), ("[\"./a:/x:rx\"]", "C0110"),
      ("[\"./a:/x:rshared\"]", "C0401"), ("[\"a/b:/x\"]", "C0118"), ("[\"./a:/\"]", "C0118"),
      ("[\"./a:/x/../..\"]", "C0118"),
      ("[\":/x\"]", "C0110"), ("[{type: bind, target: /x}]", "C0104"), ("[{type: bind, source: ./a}]", "C0104"),
      ("[{source: ./a, target: /x}]", "C0104"), ("[{type: foo, target: /x}]", "C0110"),
      ("[{type: npipe, target: /x}]", "C0401"), ("[{type: tmpfs, source: a, target: /x}]", "C0222"),
      ("[{type: bind, src: ./a, source: ./a, target: /x}]", "C0102"), ("{a: b}", "C0101"), ("[{1: 2}]", "C0104"),
      ("[{type: tmpfs, target: /x, tmpfs: {size: -1}}]", "C0112"),
      ("[{type: tmpfs, target: /x, tmpfs: {mode: 9}}]", "C0113"),
      ("[{type: tmpfs, target: /x, bind: {create_host_path: true}}]", "C0222"),
      ("[{type: bind, source: a, target: /x, bind: {propagation: rshared}}]", "C0401"),
      ("[{type: bind, source: ./a, target: /x, bind: {propagation: rprivate}, consistency: cached}]", ""),
    ]
    for (text, code) in cases {
      let codes = loadWeb("volumes: \(text)").errors.map(\.code)
      #expect(codes.first ?? "" == code, "\(text): \(codes)")
    }
    #expect(loadWeb("volumes: [\"./a:/x\"]\ntmpfs: /x").codes == ["C0221"])
    #expect(loadWeb("tmpfs: [/x, /x]").codes == ["C0221"])
  }

  @Test("of two mounts on one target the last one counts")
  func repeated() throws {
    let loaded = loadWeb("volumes: [\"./a:/x\", \"./b:/x/\"]")
    #expect(loaded.codes == ["C0221"])
    #expect(try loaded.service().mounts.map(\.source) == ["/srv/demo/b"])
  }
}
