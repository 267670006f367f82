// The process of one container: stopped with the signal and patience that its record asks for, and cleared away.
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// Ends the process, with its own signal first.
  func stopProcess(_ name: ContainerName, record: ContainerRecord) throws(EngineError) {
    let fields = PlanCoding.fields(record.fields)
    let signal = fields.first { $0.path == "stop_signal" }.flatMap { SignalNumber.named($0.value) } ?? 15
    let planned = fields.first { $0.path == "stop_grace_period" }.flatMap { Int($0.value.dropLast(2)) } ?? 10_000
    let grace = settings.stopGraceMilliseconds ?? planned
    do {
      _ = try runtime.stop(name.id, signal: signal, graceMilliseconds: grace)
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// Takes away run directory, cgroup and whatever still runs of a container that has ended.
  func deleteRemains(_ name: ContainerName) throws(EngineError) {
    do {
      try runtime.delete(name.id, cgroupPath: settings.cgroup(name))
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// The numbers of the devices that a plan limits; what is no block device is left out.
  static func blockDevices(of plan: ServicePlan) throws(EngineError) -> [String: BlockDevice] {
    var devices: [String: BlockDevice] = [:]
    for limit in plan.resources.blockIODevices {
      do {
        let status = try Kernel.status(of: FilePath(limit.path))
        if status.isBlockDevice {
          devices[limit.path] = BlockDevice(major: status.deviceMajor, minor: status.deviceMinor)
        }
      } catch {
        if error.errno != 2 && error.errno != 20 { throw EngineError(error, "look at device \(limit.path)") }
      }
    }
    return devices
  }
}
