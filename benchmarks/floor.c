// The floor: the least a program can do and still have run one container on Linux. Static C, one process, no policy: no
// seccomp, no capabilities dropped, no log, no record. What a runtime takes beyond this is its own doing.
//   floor [-v] [-g NAME] LOWER WORK COMMAND [ARGUMENT…]
// clone3 into new namespaces, overlay (LOWER read-only, upper below WORK), /proc, /sys, /dev, pivot_root, exec, wait,
// remove the upper layer. -v tells overlayfs that the layer will be thrown away (`volatile`): without it the end of the
// mount writes back all of the file system that WORK is on, whoever made it dirty. -g NAME makes, enters and removes the cgroup NAME in seven v1 hierarchies as well.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void need(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  _exit(125);
}

static const char *const hierarchies[] = {"memory", "cpu", "cpuset", "pids", "blkio", "devices", "freezer"};
enum { HIERARCHIES = sizeof hierarchies / sizeof *hierarchies };

static void cgroup_path(char *out, size_t size, int i, const char *name, const char *file) {
  snprintf(out, size, "/sys/fs/cgroup/%s/%s%s", hierarchies[i], name, file);
}

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd >= 0, path);
  need(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
  close(fd);
}

static void copy_file(const char *from, const char *to) {
  char text[4096];
  int in = open(from, O_RDONLY | O_CLOEXEC);
  need(in >= 0, from);
  ssize_t n = read(in, text, sizeof text - 1);
  need(n >= 0, from);
  close(in);
  text[n] = 0;
  write_file(to, text);
}

static void make_cgroups(const char *name) {
  char path[512], pid[16], parent[512];
  snprintf(pid, sizeof pid, "%d", getpid());
  for (int i = 0; i < HIERARCHIES; i++) {
    cgroup_path(path, sizeof path, i, name, "");
    need(mkdir(path, 0755) == 0, path);
    if (!strcmp(hierarchies[i], "cpuset")) {  // a new cpuset is empty and takes nobody
      for (int k = 0; k < 2; k++) {
        const char *file = k ? "/cpuset.mems" : "/cpuset.cpus";
        cgroup_path(path, sizeof path, i, name, file);
        cgroup_path(parent, sizeof parent, i, "", file + 1);
        copy_file(parent, path);
      }
    }
    cgroup_path(path, sizeof path, i, name, "/cgroup.procs");
    write_file(path, pid);
  }
}

static void leave_cgroups(const char *name) {
  char path[512], pid[16];
  snprintf(pid, sizeof pid, "%d", getpid());
  for (int i = 0; i < HIERARCHIES; i++) {
    cgroup_path(path, sizeof path, i, "", "cgroup.procs");
    write_file(path, pid);
    cgroup_path(path, sizeof path, i, name, "");
    need(rmdir(path) == 0, path);
  }
}

static void node(const char *path, unsigned minor) {
  need(mknod(path, S_IFCHR | 0666, makedev(1, minor)) == 0, path);
}

// The container's side: from the new namespaces to exec.
static void inside(const char *lower, const char *work, int passing, char **argv) {
  char options[2048], root[600];
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
  snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work%s", lower, work, work,
           passing ? ",volatile" : "");
  snprintf(root, sizeof root, "%s/root", work);
  need(mount("overlay", root, "overlay", 0, options) == 0, "overlay");
  need(chdir(root) == 0, root);
  need(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0, "proc");
  need(mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) == 0, "sysfs");
  need(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64k") == 0, "dev");
  umask(0);
  node("dev/null", 3), node("dev/zero", 5), node("dev/full", 7), node("dev/random", 8), node("dev/urandom", 9);
  need(mkdir("dev/pts", 0755) == 0 && mkdir("dev/shm", 01777) == 0, "dev directories");
  need(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666") == 0, "devpts");
  need(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "size=64m") == 0, "shm");
  need(sethostname("floor", 5) == 0, "sethostname");
  need(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  need(umount2(".", MNT_DETACH) == 0, "umount of the old root");
  need(chdir("/") == 0, "/");
  execv(argv[0], argv);
  need(0, argv[0]);
}

// What overlayfs makes for itself below its workdir.
#define INNER "work/work"

int main(int argc, char **argv) {
  const char *cgroup = NULL;
  int at = 1, passing = 0;
  if (argc > at && !strcmp(argv[at], "-v")) passing = 1, at++;
  if (argc > at + 1 && !strcmp(argv[at], "-g")) cgroup = argv[at + 1], at += 2;
  if (argc < at + 3) return fprintf(stderr, "usage: floor [-v] [-g NAME] LOWER WORK COMMAND [ARGUMENT...]\n"), 2;
  const char *lower = argv[at];
  char work[512], path[600];
  snprintf(work, sizeof work, "%s/floor-XXXXXX", argv[at + 1]);
  need(mkdtemp(work) != NULL, work);
  static const char *const parts[] = {"upper", "work", "root"};
  for (int i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "%s/%s", work, parts[i]);
    need(mkdir(path, 0755) == 0, path);
  }
  if (cgroup) make_cgroups(cgroup);
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
  } args = {.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
            .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  need(pid >= 0, "clone3");
  if (pid == 0) inside(lower, work, passing, argv + at + 2);
  int status;
  need(waitpid((pid_t)pid, &status, 0) == pid, "waitpid");
  if (cgroup) leave_cgroups(cgroup);
  // overlayfs leaves work/work behind; the rest is empty because the command writes nothing.
  static const char *const left[] = {INNER "/incompat/volatile", INNER "/incompat", INNER, "upper", "work", "root", ""};
  if (passing) {
    snprintf(path, sizeof path, "%s/" INNER "/incompat/volatile/dirty", work);
    need(unlink(path) == 0, path);
  }
  for (int i = passing ? 0 : 2; i < 7; i++) {
    snprintf(path, sizeof path, "%s/%s", work, left[i]);
    need(rmdir(path) == 0 || errno == ENOENT, path);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
