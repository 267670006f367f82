// All families that are exported: names, kinds, units, words. Values only.
public import ContainrTelemetry

/// Every metric of Containr's. Those of containers have the labels `stack`, `service` and `container`.
public enum MetricCatalog {
  /// All of them, in the order in which they are written.
  public static let all: [MetricKind] = [build] + stacks + containers

  static let build = MetricKind("containr_build", .info, help: "The release of Containr that tells this.")

  static let stackContainers = MetricKind(
    "containr_stack_containers", .gauge, help: "Containers of a stack that run, and those that do not, by state.")
  static let stackSupervised = MetricKind(
    "containr_stack_supervised", .gauge, help: "1 while the supervisor of a stack lives.")
  static let supervisorMemory = MetricKind(
    "containr_supervisor_resident_bytes", .gauge, unit: "bytes", help: "Memory of a stack's supervisor.")
  static let supervisorProcessor = MetricKind(
    "containr_supervisor_cpu_seconds", .counter, unit: "seconds", help: "Processor time of a stack's supervisor.")
  static let stacks = [stackContainers, stackSupervised, supervisorMemory, supervisorProcessor]

  private static func container(
    _ name: String, _ shape: MetricKind.Shape, unit: String? = nil, _ help: String
  ) -> MetricKind { MetricKind("containr_container_\(name)", shape, unit: unit, help: help) }

  static let info = container(
    "instance", .info, "The container's id on the host, its image and its number in the service.")
  static let running = container("running", .gauge, "1 while the container runs.")
  static let startTime = container(
    "start_time_seconds", .gauge, unit: "seconds", "When the container's first process began, since 1970.")
  static let restarts = container("restarts", .counter, "How often its policy has started the container again.")
  static let health = container("health", .stateset, "What the container's health check says.")

  static let processor = container("cpu_seconds", .counter, unit: "seconds", "Processor time.")
  static let processorUser = container("cpu_user_seconds", .counter, unit: "seconds", "Processor time in programs.")
  static let processorSystem = container(
    "cpu_system_seconds", .counter, unit: "seconds", "Processor time in the kernel.")
  static let periods = container("cpu_periods", .counter, "Periods of the processor limit in which something ran.")
  static let throttled = container(
    "cpu_throttled_periods", .counter, "Periods in which the processor limit held something up.")
  static let throttledTime = container(
    "cpu_throttled_seconds", .counter, unit: "seconds", "How long the processor limit held tasks up.")

  static let memory = container("memory_usage_bytes", .gauge, unit: "bytes", "Memory, with the page cache.")
  static let workingSet = container(
    "memory_working_set_bytes", .gauge, unit: "bytes", "Memory without the page cache that the kernel gives up first.")
  static let cache = container("memory_cache_bytes", .gauge, unit: "bytes", "The page cache.")
  static let anonymous = container("memory_anonymous_bytes", .gauge, unit: "bytes", "Memory that is in no file.")
  static let swap = container("memory_swap_bytes", .gauge, unit: "bytes", "Memory that is swapped out.")
  static let memoryLimit = container(
    "memory_limit_bytes", .gauge, unit: "bytes", "The limit of memory, if there is one.")
  static let majorFaults = container("memory_major_faults", .counter, "Pages that had to be read from a device.")
  static let oomKills = container("oom_kills", .counter, "Processes that the kernel killed for want of memory.")

  static let waiting = container(
    "pressure_waiting_seconds", .counter, unit: "seconds", "How long some task waited for a resource (PSI).")
  static let stalled = container(
    "pressure_stalled_seconds", .counter, unit: "seconds", "How long all tasks waited for a resource (PSI).")

  static let tasks = container("tasks", .gauge, "Processes and threads.")
  static let tasksLimit = container("tasks_limit", .gauge, "The limit of processes and threads, if there is one.")

  static let blockRead = container("block_read_bytes", .counter, unit: "bytes", "Bytes from block devices.")
  static let blockWritten = container("block_written_bytes", .counter, unit: "bytes", "Bytes to block devices.")
  static let blockReads = container("block_reads", .counter, "Requests to read from block devices.")
  static let blockWrites = container("block_writes", .counter, "Requests to write to block devices.")

  static let receivedBytes = container("network_receive_bytes", .counter, unit: "bytes", "Bytes that came.")
  static let receivedPackets = container("network_receive_packets", .counter, "Packets that came.")
  static let receiveErrors = container("network_receive_errors", .counter, "Damaged packets that came.")
  static let receiveDrops = container("network_receive_drops", .counter, "Packets that came and had no room.")
  static let sentBytes = container("network_transmit_bytes", .counter, unit: "bytes", "Bytes that were sent.")
  static let sentPackets = container("network_transmit_packets", .counter, "Packets that were sent.")
  static let sendErrors = container("network_transmit_errors", .counter, "Packets that could not be sent.")
  static let sendDrops = container("network_transmit_drops", .counter, "Packets to send that had no room.")

  static let logBytes = container("log_bytes", .counter, unit: "bytes", "Bytes that the container wrote, by stream.")
  static let logLines = container("log_lines", .counter, "Lines that the container wrote, by stream.")
  static let logLost = container(
    "log_lost_bytes", .counter, unit: "bytes", "Bytes of the log that the disk did not take.")

  static let containers = [
    info, running, startTime, restarts, health, processor, processorUser, processorSystem, periods, throttled,
    throttledTime, memory, workingSet, cache, anonymous, swap, memoryLimit, majorFaults, oomKills, waiting, stalled,
    tasks, tasksLimit, blockRead, blockWritten, blockReads, blockWrites, receivedBytes, receivedPackets, receiveErrors,
    receiveDrops, sentBytes, sentPackets, sendErrors, sendDrops, logBytes, logLines, logLost,
  ]
}
