// Limits without those that a host cannot give. Pure.
public import ContainrOCI

extension OCIResources {
  /// The same without the limits of these names (`CgroupShortcoming.field`).
  public func without(_ fields: Set<String>) -> OCIResources {
    var rest = self
    for field in fields {
      switch field {
      case "memory.limit": rest.memory.limit = nil
      case "memory.reservation": rest.memory.reservation = nil
      case "memory.swap": rest.memory.swap = nil
      case "memory.swappiness": rest.memory.swappiness = nil
      case "memory.disableOOMKiller": rest.memory.disableOOMKiller = nil
      case "pids", "pids.limit": rest.pids = nil
      case "cpu.shares": rest.cpu.shares = nil
      case "cpu.quota", "cpu.period": (rest.cpu.quota, rest.cpu.period) = (nil, nil)
      case "cpu.realtimeRuntime": rest.cpu.realtimeRuntime = nil
      case "cpu.realtimePeriod": rest.cpu.realtimePeriod = nil
      case "cpu.cpus": rest.cpu.cpus = nil
      case "cpu.mems": rest.cpu.mems = nil
      case "blkio.weight": rest.blockIO.weight = nil
      case "blkio.weight_device": rest.blockIO.weightDevice = []
      case "blkio.read_bps": rest.blockIO.throttleReadBpsDevice = []
      case "blkio.write_bps": rest.blockIO.throttleWriteBpsDevice = []
      case "blkio.read_iops": rest.blockIO.throttleReadIOPSDevice = []
      case "blkio.write_iops": rest.blockIO.throttleWriteIOPSDevice = []
      default: continue
      }
    }
    return rest
  }
}
