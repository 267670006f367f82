// What of config.json is understood, and what is refused where.
@testable import ContainrBundle
import ContainrJSON
import ContainrOCI
import Testing

@Suite("config.json")
struct SpecDecoderTests {
  /// A config with its `process` and `linux` given.
  private func text(_ linux: String = "{}", process: String = #"{"args":["a"],"cwd":"/"}"#, more: String = "") -> String
  {
    "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\n\"process\":\(process),\n\"linux\":\(linux)\(more)}"
  }

  private func spec(_ text: String) throws -> RuntimeSpec { try SpecDecoder.spec(try JSONValue(Array(text.utf8))) }

  private func message(_ text: String) throws -> String {
    let bytes = Array(text.utf8)
    do {
      _ = try SpecDecoder.spec(try JSONValue(bytes))
      return ""
    } catch let error as JSONShapeError {
      return error.text(file: "config.json", in: bytes)
    }
  }

  @Test("A whole config is read")
  func whole() throws {
    let spec = try spec(
      text(
        """
        {"namespaces":[{"type":"pid"},{"type":"network","path":"/run/n"},{"type":"uts"},{"type":"time"},{"type":"user"}],
         "uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],
         "gidMappings":[{"containerID":0,"hostID":100000,"size":65536}],
         "timeOffsets":{"boottime":{"secs":-5,"nanosecs":1}},
         "devices":[{"path":"/dev/x","type":"c","major":10,"minor":229,"fileMode":432,"uid":1,"gid":2}],
         "cgroupsPath":"/a/b","sysctl":{"net.ipv4.ip_forward":"1"},"maskedPaths":["/proc/kcore"],
         "readonlyPaths":["/proc/sys"],"rootfsPropagation":"rslave","personality":{"domain":"LINUX32"},
         "resources":{"memory":{"limit":1048576,"swap":-1,"swappiness":0,"disableOOMKiller":true},
           "cpu":{"shares":512,"quota":-1,"period":100000,"burst":10,"idle":1,"cpus":"0-1","mems":"0"},
           "pids":{"limit":10},"hugepageLimits":[{"pageSize":"2MB","limit":4096}],
           "blockIO":{"weight":100,"weightDevice":[{"major":8,"minor":0,"weight":200}],
             "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1000}]},
           "network":{"classID":1048577,"priorities":[{"name":"eth0","priority":5}]},
           "rdma":{"mlx":{"hcaHandles":2}},"unified":{"memory.high":"1"},
           "devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":-1,"access":"r"}]},
         "seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],
           "flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW",
           "args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}}
        """,
        process: """
          {"args":["sh","-c"],"cwd":"/tmp","env":["A=b"],"terminal":true,"consoleSize":{"height":24,"width":80},
           "user":{"uid":1,"gid":2,"umask":63,"additionalGids":[5]},"noNewPrivileges":true,"oomScoreAdj":-5,
           "capabilities":{"bounding":["CAP_KILL"],"ambient":["CAP_KILL"]},
           "rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":18446744073709551615}],
           "apparmorProfile":"p","selinuxLabel":"l","scheduler":{"policy":"SCHED_FIFO","priority":10,
           "flags":["SCHED_FLAG_RESET_ON_FORK"]},"ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":3},
           "execCPUAffinity":{"initial":"0","final":"0-1"}}
          """,
        more: """
          ,"hostname":"h","domainname":"d","annotations":{"k":"v"},
          "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
            {"destination":"rel","source":"/x","options":["bind","idmap"],
             "uidMappings":[{"containerID":0,"hostID":1,"size":2}],"gidMappings":[{"containerID":0,"hostID":1,"size":2}]}],
          "hooks":{"poststop":[{"path":"/bin/true","args":["true"],"env":["X=1"],"timeout":3}]},
          "unknownKey":{"whatever":[1]}
          """))
    #expect(spec.process.user.umask == 0o77 && spec.process.user.additionalGids == [5])
    #expect(spec.process.rlimits == [OCIRlimit(type: "RLIMIT_NOFILE", soft: 1, hard: .max)])
    #expect(spec.process.scheduler?.policy == 1 && spec.process.scheduler?.flags == 1)
    #expect(spec.process.ioPriority == OCIIOPriority(ioClass: 3, level: 3))
    #expect(spec.process.consoleSize == OCIConsoleSize(height: 24, width: 80))
    #expect(spec.mounts[1].destination == "/rel")
    #expect(spec.mounts[1].uidMappings == [OCIIDMapping(containerID: 0, hostID: 1, size: 2)])
    #expect(spec.hooks.poststop.first?.timeout == 3)
    #expect(spec.linux.namespaces[1] == OCINamespace(.network, path: "/run/n"))
    #expect(spec.linux.timeOffsets["boottime"] == OCITimeOffset(seconds: -5, nanoseconds: 1))
    #expect(spec.linux.devices.first?.fileMode == 0o660)
    #expect(spec.linux.personality == 8)
    let resources = spec.linux.resources
    #expect(resources.memory.limit == 1_048_576 && resources.memory.swap == -1 && resources.memory.swappiness == 0)
    #expect(resources.cpu.quota == -1 && resources.cpu.burst == 10 && resources.cpu.idle == 1)
    #expect(resources.hugepageLimits == ["2MB": 4096] && resources.network.priorities == ["eth0": 5])
    #expect(resources.rdma["mlx"]?.handles == 2 && resources.pids == 10)
    #expect(
      resources.devices == [
        OCIDeviceRule(allow: false), OCIDeviceRule(allow: true, type: "c", major: 1, access: "r"),
      ])
    #expect(spec.linux.seccomp?.defaultErrnoRet == 38)
    #expect(spec.linux.seccomp?.syscalls.first?.args.first?.value == .max)
  }

  @Test("A fault is told with its line, its column and its name")
  func positions() throws {
    #expect(
      try message(text(process: #"{"args":["a"],"cwd":"tmp"}"#))
        == "config.json:2:31: process.cwd must be absolute")
    #expect(
      try message(text(#"{"namespaces":[{"type":"pid"},{"type":"pid"}]}"#))
        == "config.json:3:47: linux.namespaces[1].type is there a second time: pid")
    #expect(
      try message(text(process: #"{"args":"a","cwd":"/"}"#)).hasSuffix("process.args must be an array, not a string"))
  }

  @Test(
    "What cannot be meant is refused",
    arguments: [
      (#"{"ociVersion":"1.2.0"}"#, "needs root"),
      (#"{"root":{"path":"r"}}"#, "needs ociVersion"),
      (#"{"ociVersion":"2.0.0","root":{"path":"r"}}"#, "ociVersion is '2.0.0'"),
      (#"{"ociVersion":"1","root":{"path":"r"}}"#, "ociVersion is '1'"),
      (#"{"ociVersion":"1.0.+1","root":{"path":"r"}}"#, "ociVersion is '1.0.+1'"),
      (#"{"ociVersion":"1.01.0","root":{"path":"r"}}"#, "ociVersion is '1.01.0'"),
      (#"{"ociVersion":"1.0.0-","root":{"path":"r"}}"#, "ociVersion is '1.0.0-'"),
      (#"{"ociVersion":"1.0.0-01","root":{"path":"r"}}"#, "ociVersion is '1.0.0-01'"),
      (#"{"ociVersion":"1.0.0","root":{"path":""}}"#, "root.path must not be empty"),
      (
        #"{"ociVersion":"1.0.0","root":{"path":"r","readonly":1}}"#, "root.readonly must be true or false, not a number"
      ),
      (#"{"ociVersion":"1.0.0","root":{"path":"a\u0000b"}}"#, "root.path has a NUL in it"),
      (#"{"ociVersion":"1.0.0","root":{"path":"r"},"hostname":"h"}"#, "hostname needs a uts namespace"),
      (#"[]"#, "must be an object, not an array"),
    ])
  func top(text: String, reason: String) throws {
    #expect(try message(text).contains(reason))
  }

  @Test(
    "Every version of the first major one is taken", arguments: ["1.0.0", "1.0.2-dev", "1.3.0+x.01", "1.0.0-rc1.7-a+b"])
  func versions(version: String) throws {
    #expect(try message(#"{"ociVersion":"\#(version)","root":{"path":"r"}}"#) == "")
  }

  @Test(
    "What linux cannot have is refused",
    arguments: [
      (#"{"namespaces":[{"type":"net"}]}"#, "linux.namespaces[0].type is 'net'"),
      (#"{"namespaces":[{"type":"pid","path":"x"}]}"#, "linux.namespaces[0].path must be absolute"),
      (#"{"timeOffsets":{"boottime":{"secs":1}}}"#, "linux.timeOffsets need a new time namespace"),
      (#"{"intelRdt":{"closID":"x"}}"#, "linux.intelRdt is not supported"),
      (#"{"maskedPaths":["x"]}"#, "linux.maskedPaths[0] must be absolute"),
      (#"{"rootfsPropagation":"up"}"#, "linux.rootfsPropagation is 'up'"),
      (#"{"devices":[{"path":"/dev/../x","type":"c","major":1,"minor":1}]}"#, "must not have '..' in it"),
      (#"{"devices":[{"path":"/dev/x","type":"z"}]}"#, "linux.devices[0].type is 'z'"),
      (#"{"resources":{"pids":{"limit":1.5}}}"#, "linux.resources.pids.limit must be a whole number, not a fraction"),
      (#"{"resources":{"cpu":{"shares":-1}}}"#, "linux.resources.cpu.shares is -1, and must be from 0"),
      (#"{"resources":{"hugepageLimits":[{"pageSize":"2","limit":1}]}}"#, "must be such as 2MB"),
      (#"{"seccomp":{"defaultAction":"SCMP_ACT_SING"}}"#, "linux.seccomp.defaultAction is 'SCMP_ACT_SING'"),
      (#"{"seccomp":{"defaultAction":"SCMP_ACT_NOTIFY"}}"#, "cannot be SCMP_ACT_NOTIFY"),
      (
        #"{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_NOTIFY"}]}}"#,
        "has SCMP_ACT_NOTIFY and no listenerPath"
      ),
      (#"{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}}"#, "defaultErrnoRet belongs to"),
      (
        #"{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","errnoRet":1}]}}"#,
        "linux.seccomp.syscalls[0].errnoRet belongs to"
      ),
      (#"{"netDevices":{"eth0":{}}}"#, "linux.netDevices are not supported"),
      (#"{"resources":{"rdma":{"mlx":{}}}}"#, "needs hcaHandles or hcaObjects"),
      (#"{"resources":{"blockIO":{"weightDevice":[{"major":8,"minor":0}]}}}"#, "needs weight or leafWeight"),
      (#"{"memoryPolicy":{"mode":"MPOL_X"}}"#, "linux.memoryPolicy.mode is 'MPOL_X'"),
      (#"{"personality":{"domain":"LINUX","flags":["X"]}}"#, "flags 'X' is none that is known"),
      (#"{"uidMappings":[{"containerID":0,"hostID":1,"size":0}]}"#, "linux.uidMappings range 0 is empty"),
      (#"{"cgroupsPath":"/"}"#, "linux.cgroupsPath is the root of the hierarchies"),
      (#"{"cgroupsPath":"a/../../b"}"#, "linux.cgroupsPath must not have '.' or '..' in it"),
      (
        #"{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","SCMP_ARCH_Z80"]}}"#,
        "linux.seccomp.architectures[1] is 'SCMP_ARCH_Z80'"
      ),
      (#"{"personality":{"domain":"BSD"}}"#, "linux.personality.domain is 'BSD'"),
      (
        #"{"uidMappings":[{"containerID":0,"hostID":1,"size":1}],"gidMappings":[{"containerID":0,"hostID":1,"size":1}]}"#,
        "linux.uidMappings need a user namespace in namespaces"
      ),
      (
        #"{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}}"#,
        "linux.seccomp.flags[0] SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY"
      ),
    ])
  func linux(linux: String, reason: String) throws {
    #expect(try message(text(linux)).contains(reason))
  }

  @Test(
    "What a process cannot be is refused",
    arguments: [
      (#"{"args":[],"cwd":"/"}"#, "process needs args"), (#"{"args":["a"]}"#, "process needs cwd"),
      (#"{"args":["a"],"cwd":"/","user":{"uid":4294967295}}"#, "process.user.uid is no id"),
      (#"{"args":["a"],"cwd":"/","user":{"uid":-1}}"#, "process.user.uid is -1"),
      (#"{"args":["a"],"cwd":"/","oomScoreAdj":1001}"#, "process.oomScoreAdj is 1001"),
      (#"{"args":["a"],"cwd":"/","rlimits":[{"type":"NOFILE","soft":1,"hard":1}]}"#, "is 'NOFILE'"),
      (#"{"args":["a"],"cwd":"/","rlimits":[{"type":"RLIMIT_CPU","soft":2,"hard":1}]}"#, "soft is over hard"),
      (#"{"args":["a"],"cwd":"/","scheduler":{"policy":"SCHED_X"}}"#, "process.scheduler.policy is 'SCHED_X'"),
      (#"{"args":["a"],"cwd":"/","scheduler":{"policy":"SCHED_OTHER","priority":1}}"#, "priority belongs to"),
      (#"{"args":["a"],"cwd":"/","ioPriority":{"class":"IOPRIO_CLASS_RT","priority":8}}"#, "must be from 0 to 7"),
      (#"{"args":["a"],"cwd":"/","terminal":true,"consoleSize":{"width":80}}"#, "process.consoleSize needs height"),
      (#"{"args":["a"],"cwd":"/","execCPUAffinity":{"final":"a"}}"#, "execCPUAffinity.final is 'a'"),
    ])
  func process(process: String, reason: String) throws {
    #expect(try message(text(process: process)).contains(reason))
  }

  @Test("A name of the host is as long as the kernel takes it", arguments: ["hostname", "domainname"])
  func names(key: String) throws {
    func spec(_ length: Int) -> String {
      let name = String(repeating: "n", count: length)
      return text(#"{"namespaces":[{"type":"uts"}]}"#, more: #","\#(key)":"\#(name)""#)
    }
    #expect(try message(spec(64)) == "")
    #expect(try message(spec(65)).contains("\(key) is 65 bytes long, and may have 64"))
  }

  @Test("A console's size is passed over where there is no console")
  func consoleSize() throws {
    #expect(try message(text(process: #"{"args":["a"],"cwd":"/","consoleSize":{"width":80}}"#)) == "")
  }

  @Test("Lists of processors become bits")
  func processors() {
    #expect(ProcessorList.bytes("0-1,9")?.prefix(2) == [3, 2])
    #expect(ProcessorList.bytes("0") != nil && ProcessorList.bytes("") == nil && ProcessorList.bytes("1-0") == nil)
  }
}
