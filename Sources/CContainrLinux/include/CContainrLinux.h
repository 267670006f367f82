// Linux syscalls, constants and macros which Swift's Glibc module lacks. No policy: each function is one syscall
// that returns its result or -errno (errno is read here, before anything else can change it).
#pragma once

// No _GNU_SOURCE here: it changes fd_set's members, which clashes with swift-system's C module.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

// --- processes and namespaces

struct cl_clone {
  uint64_t flags;
  int cgroup;  // fd for CLONE_INTO_CGROUP, or -1
};
/// clone3(2) without a stack: returns 0 in the child, the pid in the parent; stores the pidfd if asked.
int cl_clone3(const struct cl_clone *arguments, int *_Nullable pidfd);
/// clone3(2) with CLONE_VM and CLONE_VFORK: `run(context)` runs in a child that has this process's memory, on its stack
/// below this call, and must end in execve or _exit; this process stands still until then. Its one thread calls. For
/// the caller it is as if it had called `run` itself, descriptors and all else of the process aside.
int cl_clone3_borrowing(
    const struct cl_clone *arguments, int *pidfd, void (*run)(void *_Nullable context), void *_Nullable context);
int cl_unshare(int flags);
int cl_setns(int fd, int flags);
int cl_pidfd_open(pid_t pid, unsigned flags);
int cl_pidfd_send_signal(int pidfd, int signal);
/// waitid(2) on a pidfd with WEXITED|extra: returns 0 and fills code (CLD_*) and status; pid is 0 if nothing ended.
int cl_waitid_pidfd(int pidfd, int options, pid_t *pid, int *code, int *status);
/// waitid(2) on any child.
int cl_waitid_any(int options, pid_t *pid, int *code, int *status);
int cl_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int cl_setsid(void);
uint32_t cl_geteuid(void);
uint32_t cl_getegid(void);
int cl_set_subreaper(void);
pid_t cl_getpid(void);
int cl_sethostname(const char *name, size_t length);
int cl_setdomainname(const char *name, size_t length);
int cl_setgroups(size_t count, const uint32_t *_Nullable groups);
int cl_setresuid(uint32_t real, uint32_t effective, uint32_t saved);
int cl_setresgid(uint32_t real, uint32_t effective, uint32_t saved);
int cl_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);
int cl_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
/// seccomp(SECCOMP_SET_MODE_FILTER) with the bytes of a struct sock_filter array.
int cl_seccomp_filter(const void *program, size_t bytes, unsigned flags);
int cl_setrlimit(int resource, uint64_t soft, uint64_t hard);
/// prlimit(2): sets a limit of another process.
int cl_prlimit(pid_t pid, int resource, uint64_t soft, uint64_t hard);
int cl_prlimit_get(pid_t pid, int resource, uint64_t *soft, uint64_t *hard);
int cl_getrlimit(int resource, uint64_t *soft, uint64_t *hard);
int cl_keyctl_join_session(const char *_Nullable name);
int cl_execve(const char *path, char *const _Nullable *_Nonnull argv, char *const _Nullable *_Nonnull envp);
/// A program's file (O_PATH, CLOEXEC) as it stands on a read-only mount that belongs to no namespace, so that nobody can
/// ever make it writable (docs/decisions/0002-shim-binary.md). To be executed through /proc/PID/fd/N.
int cl_open_sealed(const char *path);
/// execve(2) of a file on such a mount, which belongs to nobody only when the program closes `cl_seal_descriptor()`:
/// the close waits a tenth of a millisecond for the kernel, which the program may have to spare. Returns only -errno.
int cl_exec_sealed(const char *path, char *const _Nullable *_Nonnull argv, char *const _Nullable *_Nonnull envp);
/// The descriptor through which this program was executed (getauxval(3), AT_EXECFN), CLOEXEC from now on; -ENOENT: by a
/// path.
int cl_seal_descriptor(void);
/// Executes this very program again as `cl_exec_sealed` does. Who may not make mounts executes a sealed copy in memory,
/// unless the file is nobody's to write that this process could become. Returns 0 if this is that program already, or -errno.
int cl_reexec_sealed(void);
/// The words and the environment that this program was executed with, each NULL-ended.
char *const _Nullable *_Nonnull cl_arguments(void);
char *const _Nullable *_Nonnull cl_environment(void);
/// getenv(3); NULL if it is not set.
const char *_Nullable cl_variable(const char *_Nonnull name);
/// Opens /dev/null as 0, 1 and 2 as far as the caller has left them closed, so that no file of ours becomes one of them.
int cl_ensure_standard(void);
/// Executes the file behind a descriptor, which may be CLOEXEC.
int cl_execveat(int fd, char *const _Nullable *_Nonnull argv, char *const _Nullable *_Nonnull envp);
/// Whether argv[0] is this.
int cl_is_called(const char *name);
pid_t cl_fork(void);
/// A child that has ended; 0 if none has, -ECHILD without children.
pid_t cl_wait_any(int *status);
int cl_kill(pid_t pid, int signal);
// Moves these descriptors to 0, 1, 2, …, open over execve, and closes all others.
int cl_keep_descriptors(const int *_Nonnull descriptors, int count);
int cl_close_range(unsigned first, unsigned last, unsigned flags);
int cl_reset_signals(void);
int cl_umask(unsigned mask);
int cl_ioprio_set_none(void);
/// class_: IOPRIO_CLASS_*; level: 0 to 7.
int cl_ioprio_set(unsigned class_, unsigned level);
/// set_mempolicy(2): bits is how many nodes there are in the mask.
int cl_set_mempolicy(unsigned mode, const uint8_t *nodes, size_t bits);
int cl_personality(unsigned long persona);
/// sched_setattr(2) of this thread.
int cl_sched_setattr(uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime, uint64_t deadline, uint64_t period);
/// Bit n of the bytes is processor n.
int cl_sched_setaffinity(const uint8_t *set, size_t size);
int cl_sched_setaffinity_all(void);
/// Moves a process to another CPU than the caller's, if there is one, and allows it all.
int cl_move_to_other_cpu(pid_t pid);
int cl_dup3(int from, int to, int flags);
int cl_dup_cloexec(int fd);
int cl_fork(void);  // for the shim only: scripts/check-rules.sh forbids it elsewhere
void cl__exit(int code) __attribute__((noreturn));
uint64_t cl_boottime_ns(void);
uint64_t cl_realtime_ns(void);
uint64_t cl_monotonic_ns(void);

// --- files

struct cl_open_how {
  uint64_t flags, mode, resolve;
};
// Architecture-dependent flags of open(2).
int cl_O_CLOEXEC(void);
int cl_O_DIRECTORY(void);
int cl_O_TMPFILE(void);
int cl_O_NOFOLLOW(void);
int cl_openat2(int directory, const char *path, const struct cl_open_how *how);
int cl_mkdirat(int directory, const char *path, unsigned mode);
int cl_mknodat(int directory, const char *path, unsigned mode, unsigned major, unsigned minor);
int cl_symlinkat(const char *target, int directory, const char *path);
int cl_unlinkat(int directory, const char *path, int flags);
/// faccessat2(2); flags: AT_EACCESS 0x200.
int cl_faccessat(int directory, const char *path, int mode, int flags);
int cl_renameat(int from_directory, const char *from, int to_directory, const char *to);
int cl_rename_exchange(const char *a, const char *b);
int cl_fchownat(int directory, const char *path, uint32_t uid, uint32_t gid, int flags);
int cl_fchmod(int fd, unsigned mode);
int cl_chmod(const char *path, unsigned mode);
int cl_fchdir(int fd);
int cl_chdir(const char *path);
int cl_chroot(const char *path);
/// getcwd(2) itself: the length with NUL, and a result that may begin with "(unreachable)".
int cl_getcwd(char *buffer, size_t size);
int cl_readlinkat(int directory, const char *path, char *buffer, size_t size);
int cl_memfd_create(const char *name, unsigned flags);
int cl_fcntl_add_seals(int fd, int seals);
int cl_set_cloexec(int fd, int on);
/// 1 if the descriptor is open and not CLOEXEC.
int cl_stays_open(int fd);
int cl_set_nonblocking(int fd, int on);
int cl_flock(int fd, int operation);
int cl_fsync(int fd);
int cl_sync_file_range(int fd, off_t offset, off_t count, unsigned flags);
int cl_fdatasync(int fd);
/// The new offset; whence 0 from the start, 1 from here, 3 the next data (SEEK_DATA), 4 the next hole (SEEK_HOLE).
off_t cl_lseek(int fd, off_t offset, int whence);
/// Names of extended attributes, each with its NUL; with size 0 how many bytes they need.
ssize_t cl_flistxattr(int fd, char *names, size_t size);
int cl_syncfs(int fd);
int cl_pipe2(int *fds, int flags);
int cl_eventfd(unsigned initial, int flags);
ssize_t cl_read(int fd, void *buffer, size_t size);
ssize_t cl_write(int fd, const void *buffer, size_t size);
ssize_t cl_pread(int fd, void *buffer, size_t size, off_t offset);
/// A file's first `size` bytes as memory that others who read the file see; its room is taken first. NULL if there is none.
void *_Nullable cl_map_counters(int fd, size_t size);
void cl_unmap(void *at, size_t size);
int cl_close(int fd);

struct cl_stat {
  uint64_t device, inode, size, mount_id;
  uint32_t mode, uid, gid, links;
  uint32_t rdev_major, rdev_minor;
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
  int64_t ctime_seconds;
  uint32_t ctime_nanoseconds;
};
/// statx(2). flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW.
int cl_statx(int directory, const char *path, int flags, struct cl_stat *out);
/// fstatfs(2): the file system's magic number.
int cl_fstatfs_type(int fd, int64_t *type);
/// 1 if the path is on a read-only mount or file system, else 0 (statfs(2)).
int cl_is_readonly(const char *path);
typedef struct {
  uint64_t free_bytes;   // for everybody
  uint64_t inodes;       // 0: made as they are needed
  uint64_t free_inodes;
  int read_only;
} cl_space;
int cl_statfs_space(const char *path, cl_space *space);
/// The names in a directory, each ended by NUL, into buffer; returns the bytes used, 0 at the end (getdents64(2)). With
/// a type (DT_DIR…) only those of it, and those whose type the file system does not tell.
ssize_t cl_getdents(int fd, char *buffer, size_t size, int type);

// --- mounts

int cl_fsopen(const char *type, unsigned flags);
int cl_fsconfig(int fd, unsigned command, const char *_Nullable key, const void *_Nullable value, int aux);
int cl_fsmount(int fd, unsigned flags, unsigned attributes);
int cl_open_tree(int directory, const char *path, unsigned flags);
int cl_move_mount(int from_directory, const char *from, int to_directory, const char *to, unsigned flags);
int cl_mount_setattr(int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation, int userns);
int cl_mount(const char *_Nullable source, const char *target, const char *_Nullable type, unsigned long flags, const char *_Nullable data);
int cl_umount2(const char *target, int flags);
int cl_pivot_root(const char *new_root, const char *put_old);

// --- sockets

int cl_socket(int domain, int type, int protocol);
int cl_socketpair(int domain, int type, int protocol, int *fds);
/// sendmsg(2) with up to 64 descriptors by SCM_RIGHTS; MSG_NOSIGNAL is added.
ssize_t cl_send(int socket, const void *buffer, size_t size, const int *_Nullable fds, size_t count, int flags);
/// recvmsg(2); descriptors arrive CLOEXEC. *count is the room on entry, the number on return. -EMSGSIZE if truncated.
ssize_t cl_receive(int socket, void *buffer, size_t size, int *_Nullable fds, size_t *count, int flags);
/// Sets IFF_UP on `lo` in this network namespace; the kernel gives it its addresses.
int cl_loopback_up(void);
int cl_bind_netlink(int socket, uint32_t groups);
/// Takes one message from a netlink socket with NETLINK_LISTEN_ALL_NSID and drops it; *nsid becomes the id of the network
/// namespace that it speaks of, -1 for the socket's own. -EAGAIN: there is none; -ENOBUFS: some were lost.
int cl_receive_nsid(int socket, int *nsid);
int cl_setsockopt_int(int socket, int level, int option, int value);
/// Where a socket is, of either family. `address` is in network order, of IPv4 its first four bytes; `zone` is the index
/// of the interface of a link-local address, else 0; `port` is in host order.
struct cl_endpoint {
  uint8_t address[16];
  uint32_t zone;
  uint16_t port;
  uint8_t is_ipv6;
};
int cl_bind_ip(int socket, const struct cl_endpoint *endpoint);
int cl_connect_ip(int socket, const struct cl_endpoint *endpoint);
/// getpeername(2).
int cl_peer_ip(int socket, struct cl_endpoint *endpoint);
/// getsockname(2).
int cl_local_ip(int socket, struct cl_endpoint *endpoint);
/// recvmmsg(2) of up to 32 datagrams without waiting, each into `each` bytes of `buffer` one after another; their sizes and
/// senders. Answers how many there were; -EAGAIN: none.
int cl_receive_datagrams(int socket, void *buffer, size_t each, uint32_t count, uint32_t *sizes, struct cl_endpoint *from);
/// sendmmsg(2) of up to 32 datagrams that lie one after another in `buffer`. Answers how many were sent; one that cannot be
/// is left out, and counts.
int cl_send_datagrams(
    int socket, const void *buffer, const uint32_t *sizes, const struct cl_endpoint *to, uint32_t count);
/// if_nametoindex(3); 0: there is none.
uint32_t cl_interface_index(const char *name);
int cl_bind_unix(int socket, const char *path);
int cl_connect_unix(int socket, const char *path);
/// To a name of this network namespace that no file has (unix(7)).
int cl_connect_abstract(int socket, const char *name);
int cl_listen(int socket, int backlog);
int cl_shutdown(int socket, int how);
int cl_accept4(int socket, int flags);
/// SO_PEERCRED.
int cl_peer_uid(int socket, uint32_t *uid, pid_t *pid);
/// NS_GET_MNTNS_ID, Linux 6.11: the number of a mount namespace, never given twice in one boot. -ENOTTY before.
int cl_mount_namespace_id(int fd, uint64_t *id);
/// SO_NETNS_COOKIE: the number of the socket's network namespace, never given twice in one boot.
int cl_netns_cookie(int socket, uint64_t *cookie);

// --- waiting

int cl_epoll_create(void);
/// operation: 1 add, 2 delete, 3 modify.
int cl_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
/// Fills data and events of up to count events; timeout in milliseconds, -1 without end.
int cl_epoll_wait(int epoll, uint64_t *data, uint32_t *events, int count, int timeout);
/// The same without end, after giving back the free heap and all pages of the program's file that were not written to:
/// they come back from the page cache when needed. For a process that waits for long.
int cl_epoll_wait_trimmed(int epoll, uint64_t *data, uint32_t *events, int count);
/// Gives the free pages of the heap back.
void cl_trim_heap(void);
/// poll(2) on one fd for reading (events: POLLIN 1, POLLOUT 4); returns revents, 0 on timeout.
int cl_poll_one(int fd, short events, int timeout);
int cl_signalfd(uint64_t mask, int flags);
/// Blocks (1) or unblocks (0) the signals of mask (bit n-1 is signal n) for this thread.
int cl_block_signals(uint64_t mask, int block);
/// The next signal of a signalfd, or -errno.
int cl_read_signalfd(int fd);
int cl_timerfd(void);
int cl_timerfd_set(int fd, uint64_t nanoseconds);
/// A timer of CLOCK_REALTIME, at seconds since 1970 (0: never); a read says ECANCELED once the clock has been set.
int cl_wall_timerfd(void);
int cl_wall_timerfd_set(int fd, uint64_t seconds);
int cl_inotify_init(void);
int cl_inotify_add(int fd, const char *path, uint32_t mask);
int cl_inotify_remove(int fd, int watch);
/// TIOCSPTLCK 0 and TIOCGPTPEER: the other end of an open ptmx, CLOEXEC, without becoming the controlling terminal.
int cl_terminal_peer(int master);
/// TIOCSCTTY.
int cl_terminal_control(int terminal);
int cl_set_winsize(int terminal, unsigned short rows, unsigned short columns);
/// Raw mode; what was before goes into saved (at least 256 bytes). cl_terminal_restore puts it back.
int cl_terminal_raw(int terminal, void *saved, size_t size);
int cl_terminal_restore(int terminal, const void *saved, size_t size);
/// Without ONLCR: a newline comes out as it is, without a carriage return before it.
int cl_terminal_plain_newlines(int terminal);
int cl_ioctl_winsize(int fd, unsigned short *rows, unsigned short *columns);

// --- spawn

struct cl_spawn_request {
  const char *path;
  char *const _Nullable *_Nonnull argv;
  char *const _Nullable *_Nonnull envp;
  /// The child's descriptor i is fds[i]; all others are closed.
  const int *fds;
  int fd_count;
  int new_session;
};
/// posix_spawn(3): signals reset, descriptors exactly those given. Returns the pid or -errno.
int cl_spawn(const struct cl_spawn_request *what);

// --- layers and their confinement (layers.c)

int cl_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags);
/// utimensat(2) with one time for access and modification; a NULL path means the descriptor itself.
int cl_utimensat(int directory, const char *_Nullable path, int64_t seconds, uint32_t nanoseconds, int flags);
int cl_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags);
ssize_t cl_fgetxattr(int fd, const char *name, void *_Nullable value, size_t size);
/// By path and through symlinks: for /proc/self/fd/N of an O_PATH descriptor, on which the calls above do not work.
int cl_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
ssize_t cl_getxattr(const char *path, const char *name, void *_Nullable value, size_t size);
/// The same, but not through a symlink at the end of the path.
int cl_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags);
ssize_t cl_lgetxattr(const char *path, const char *name, void *_Nullable value, size_t size);
ssize_t cl_pwrite(int fd, const void *buffer, size_t size, off_t offset);
int cl_ftruncate(int fd, off_t size);
/// copy_file_range(2) from and to where the files stand.
ssize_t cl_copy_range(int from, int to, size_t size);
int cl_ignore_signal(int signal);
/// The Landlock ABI's version, or -ENOSYS, -EOPNOTSUPP where the kernel has none.
int cl_landlock_abi(void);
int cl_landlock_ruleset(uint64_t file_access, uint64_t network_access, int abi);
int cl_landlock_allow_beneath(int ruleset, int directory, uint64_t access);
int cl_landlock_restrict_self(int ruleset);
/// The numbers of the system calls that an unpacker makes; returns how many there are (at most count are written).
size_t cl_unpacker_syscalls(uint32_t *numbers, size_t count);
/// The same for a decompressor.
size_t cl_inflater_syscalls(uint32_t *numbers, size_t count);
/// F_SETPIPE_SZ; the size that the pipe has now.
int cl_set_pipe_size(int fd, int bytes);
/// AUDIT_ARCH_* of this build, or 0 where it is not known.
uint32_t cl_audit_arch(void);

// --- credentials and scheduling

int cl_getresuid(uint32_t *real, uint32_t *effective, uint32_t *saved);
int cl_getresgid(uint32_t *real, uint32_t *effective, uint32_t *saved);
/// The number of supplementary groups; with a count of 0 nothing is stored.
int cl_getgroups(size_t count, uint32_t *_Nullable groups);
/// Nice 0 and SCHED_OTHER for this thread.
int cl_reset_priority(void);

// --- bpf

/// bpf(BPF_PROG_LOAD) of a CGROUP_DEVICE program: its descriptor. Instructions are struct bpf_insn.
int cl_bpf_load_cgroup_device(const uint64_t *instructions, size_t count);
/// Attaches it to a v2 cgroup in place of the one before.
int cl_bpf_attach_cgroup_device(int cgroup, int program);
/// The tag of a loaded program.
int cl_bpf_tag(int program, uint64_t *tag);
/// 1 and the tag of the cgroup's own device program, 0 if there is none.
int cl_bpf_cgroup_device_tag(int cgroup, uint64_t *tag);

#pragma clang assume_nonnull end
