// The order of everything between clone3 and execve. The order is the product: each step says why it stands where it
// stands. The steps themselves are in the two files beside this one; here is only their sequence.

/// The steps of a container's first process (`first`, `both`) and of a command that enters later (`both`).
public enum InitSteps {
  /// The step that a missing directory of the program fails at.
  public static let workingDirectory = "change the working directory"
  /// The steps whose failure is the program's, or its user's, and no fault of the container's.
  public static let ofProgram: Set<String> = [
    workingDirectory, "look up the user", "check the working directory", "find the program", "execute the program",
  ]

  static let all: [InitStep] = [
    // First: from here on the shim's death is ours, so that nothing is left if it is killed.
    InitStep("die with the shim", .both, InitSteps.dieWithShim),
    // The shim blocks every signal, and the caller may have ignored some; umask 0 for the modes of /dev.
    InitStep("reset what was inherited", .both, InitSteps.reset),
    // Before anything asks for them: the network namespace below sysfs, the ipc namespace of mqueue.
    InitStep("join shared namespaces", .first, InitSteps.joinNamespaces),
    // As early as the namespace exists, so that the host's work on the network runs beside our mounts.
    InitStep("open a socket to the network namespace", .first, InitSteps.announce),
    // Needs the namespaces of the host for its rights and those of the process for its ids: so the parent does it.
    InitStep("be given ids and mounts", .first, InitSteps.takeFromHostSide),
    // While the host's procfs is in sight, which alone leads to the shim's own sealed file.
    InitStep("open the small init", .first, InitSteps.openOwnProgram),
    // Before any memory is used for the container; by path, so before the host's tree is out of sight.
    InitStep("enter the cgroup", .both, InitSteps.enterCgroup),
    // After the cgroup was entered: the cgroup that we are in now becomes the namespace's root.
    InitStep("make the cgroup namespace", .first, InitSteps.makeCgroupNamespace),
    // Before this process is anybody else: the file belongs to who made it.
    InitStep("set the clocks", .first, InitSteps.setTimeOffsets),
    // Outside it still is the caller, who has no id inside; nothing can be made there as nobody.
    InitStep("become root of the user namespace", .both, InitSteps.becomeNamespaceRoot),
    // Before the filter, which denies keyctl; with SELinux it is given the container's context as it is made. The caller's keyring must not be seen.
    InitStep("make a session keyring", .both, InitSteps.makeKeyring),
    // In the host's tree, whose paths name the layers and volumes. The kernel parameters and the OOM score are written
    // here, through the new procfs before it has a place.
    InitStep("mount", .first, InitSteps.mount),
    InitStep("set the OOM score", .both, InitSteps.setOOMScore),
    // Through a procfs of our own, which takes CAP_SYS_ADMIN to mount. It is for the execve at the end; until then this
    // process stays what it is.
    InitStep("set the labels", .both, InitSteps.setLabels),
    // Needs CAP_SYS_ADMIN, and `lo` CAP_NET_ADMIN; any time before the credentials.
    InitStep("set the names and the loopback", .first, InitSteps.setHostname),
    // While the mounts are there and the host's programs can still be named (runtime-spec: createContainer).
    InitStep("run the hooks of the creation", .first, InitSteps.runCreateHooks),
    // From here on no path of the host can be named.
    InitStep("switch the root", .first, InitSteps.switchRoot),
    InitStep("set the root's propagation", .first, InitSteps.setRootPropagation),
    // In the root, by descriptor: the image's files are data.
    InitStep("look up the user", .both, InitSteps.lookUpUser),
    InitStep("make the environment", .both, InitSteps.makeEnvironment),
    // After the switch: a WORKDIR through a symlink is made inside (podman 4.3). As root, since Docker makes it so.
    InitStep(workingDirectory, .both, InitSteps.enterWorkingDirectory),
    // Raising them needs CAP_SYS_NICE.
    InitStep("set the scheduler and priorities", .both, InitSteps.setScheduling),
    // As root still: a pipe is given to the user, for whom /dev/stdout would not open otherwise.
    InitStep("open stdin, stdout and stderr", .both, InitSteps.openStandard),
    // Needs CAP_SETPCAP, which goes with the credentials. What is held now is not touched by it.
    InitStep("limit the capabilities", .both, InitSteps.limitBounding),
    // All that can be done without the network is done. The host answers when it is ready and our pid is on record.
    InitStep("wait for the host", .first, InitSteps.awaitHost),
    // Where the host made it meanwhile. Nothing of the image has run or been read into memory yet, and what the mounts
    // took is a few pages; the limits are in force before the program.
    InitStep("enter the cgroup", .first, InitSteps.enterComingCgroup),
    // With the cgroups there and the cgroup namespace rooted at them.
    InitStep("mount the cgroups", .first, InitSteps.mountCgroups),
    // After the network: these are parameters of its interfaces. The others were written with the mounts.
    InitStep("set kernel parameters", .first, InitSteps.setInterfaceParameters),
    // Raising a hard limit needs CAP_SYS_RESOURCE. After the host's descriptors, of which there are more than some
    // programs may open.
    InitStep("set the limits", .both, InitSteps.setLimits),
    // Before anybody is told that the container is there: as the user, for a moment.
    InitStep("look for the program", .both, InitSteps.probeProgram),
    // An OCI runtime's container is created up to here; its maker may end now.
    InitStep("wait for the start", .first, InitSteps.awaitStart),
    // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it comes before the capabilities go.
    InitStep("install the seccomp filter", .both, InitSteps.installFilterWithPrivilege),
    // Groups, gid, uid; the capabilities are kept across it and set to their end.
    InitStep("become the user", .both, InitSteps.becomeUser),
    InitStep("set the capabilities", .both, InitSteps.setCapabilities),
    InitStep("set no_new_privs", .both, InitSteps.setNoNewPrivileges),
    // The kernel has cleared it when the credentials changed.
    InitStep("die with the shim", .both, InitSteps.dieWithShimAgain),
    // With the rights of the program.
    InitStep("run the hooks of the start", .first, InitSteps.runStartHooks),
    // As the user: a directory outside the root cannot be named by getcwd (CVE-2024-21626).
    InitStep("check the working directory", .both, InitSteps.checkWorkingDirectory),
    // As the user, who must be allowed to execute it.
    InitStep("find the program", .both, InitSteps.findProgram),
    // The host's last message before the program runs; after it only what must be last.
    InitStep("tell the host", .both, InitSteps.tellHost),
    // Everything but 0, 1, 2 and the socket, which is CLOEXEC and leads nowhere: not only CLOEXEC, because the program's
    // path may be one of /proc/self/fd. The socket reports a failed execve.
    InitStep("close the descriptors", .both, InitSteps.closeDescriptors),
    // With no_new_privs the filter is the last: it need not allow what was done above.
    InitStep("install the seccomp filter", .both, InitSteps.installFilterLast),
    InitStep("execute the program", .both, InitSteps.execute),
  ]
}
