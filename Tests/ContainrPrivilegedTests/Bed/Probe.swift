// A small static C program that asks the kernel from inside a container what busybox cannot ask.
import ContainrTestSupport
import Foundation

enum Probe {
  /// Compiles it, once a test run, and puts it into a layer.
  static func install(into layer: String) throws {
    let program = try program.get()
    try run("cp", [program, layer + "/bin/probe"]).succeeding()
  }

  private static let program = Result { try CProgram.compiled("probe", source) }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <linux/filter.h>
    #include <netinet/in.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/prctl.h>
    #include <sys/resource.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/wait.h>
    #include <unistd.h>
    /* errno's name, or the result */
    static void tell(const char *what, long result) {
      if (result >= 0) printf("%s ok\n", what);
      else printf("%s %s\n", what, errno == EPERM ? "EPERM" : errno == ENOSYS ? "ENOSYS" : errno == EACCES ? "EACCES" : errno == EROFS ? "EROFS" : errno == EAFNOSUPPORT ? "EAFNOSUPPORT" : strerror(errno));
    }
    static void syscalls(void) {
      tell("unknown", syscall(999, 0, 0, 0, 0, 0, 0));
      tell("sethostname", syscall(SYS_sethostname, "x", 1));
      tell("unshare-user", syscall(SYS_unshare, 0x10000000));
      tell("unshare-mount", syscall(SYS_unshare, 0x00020000));
      tell("clone-user", syscall(SYS_clone, 0x10000000 | SIGCHLD, 0, 0, 0, 0));
      tell("clone3", syscall(SYS_clone3, 0, 0));
      tell("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
      tell("umount", syscall(SYS_umount2, "/proc", 0));
      tell("pivot_root", syscall(SYS_pivot_root, "/", "/"));
      tell("setns", syscall(SYS_setns, -1, 0));
      tell("bpf", syscall(SYS_bpf, 0, 0, 0));
      tell("perf_event_open", syscall(SYS_perf_event_open, 0, 0, 0, 0, 0));
      tell("keyctl", syscall(SYS_keyctl, 0, -3, 0));
      tell("add_key", syscall(SYS_add_key, "user", "a", "b", 1, -3));
      tell("request_key", syscall(SYS_request_key, "user", "a", 0, -3));
      tell("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
      tell("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
      tell("init_module", syscall(SYS_init_module, 0, 0, ""));
      tell("swapon", syscall(SYS_swapon, "/none", 0));
      tell("settimeofday", syscall(SYS_settimeofday, 0, 0));
      tell("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, 0, 0));
      tell("userfaultfd", syscall(SYS_userfaultfd, 0));
      tell("io_uring_setup", syscall(425, 1, 0));
      tell("fsopen", syscall(430, "tmpfs", 0));
      tell("ptrace-none", syscall(SYS_ptrace, 0x4206, -1, 0, 0));
      tell("AF_ALG", socket(38, SOCK_SEQPACKET, 0));
      tell("AF_VSOCK", socket(40, SOCK_STREAM, 0));
      tell("AF_PACKET", socket(17, SOCK_RAW, 0));
      tell("AF_INET", socket(2, SOCK_STREAM, 0));
      tell("getpid", syscall(SYS_getpid));
      tell("chroot", syscall(SYS_chroot, "/"));
    }
    static void descriptors(void) {
      char path[64], target[512];
      for (int fd = 0; fd < 4096; fd++) {
        struct stat s;
        if (fstat(fd, &s) != 0) continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(path, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = 0;
        printf("%d %s\n", fd, target);
      }
    }
    static void limits(void) {
      int which[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_MEMLOCK, RLIMIT_STACK, RLIMIT_AS};
      const char *names[] = {"core", "nofile", "nproc", "memlock", "stack", "as"};
      for (int i = 0; i < 6; i++) {
        struct rlimit r;
        getrlimit(which[i], &r);
        printf("%s %lld %lld\n", names[i], (long long)r.rlim_cur, (long long)r.rlim_max);
      }
    }
    /* Leaves `count` orphans that end at once: somebody has to reap them. */
    static void orphans(int count) {
      for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0) {
          if (fork() == 0) { usleep(20000); _exit(0); }
          _exit(0);
        }
        waitpid(child, 0, 0);
      }
    }
    /* Sends every datagram back. */
    static void udp(int port) {
      struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)}, from;
      int s = socket(AF_INET, SOCK_DGRAM, 0);
      if (bind(s, (void *)&here, sizeof here) != 0) { perror("bind"); exit(1); }
      for (;;) {
        char text[1500];
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(s, text, sizeof text, 0, (void *)&from, &size);
        if (n > 0) sendto(s, text, n, 0, (void *)&from, size);
      }
    }
    int main(int argc, char **argv) {
      setvbuf(stdout, 0, _IONBF, 0);
      const char *what = argc > 1 ? argv[1] : "";
      if (!strcmp(what, "syscalls")) syscalls();
      else if (!strcmp(what, "descriptors")) descriptors();
      else if (!strcmp(what, "limits")) limits();
      else if (!strcmp(what, "udp")) udp(atoi(argv[2]));
      else if (!strcmp(what, "orphans")) orphans(atoi(argv[2]));
      else if (!strcmp(what, "root")) {
        /* what a setuid program can make of its user */
        if (setresgid(0, 0, 0) != 0 && setresgid(-1, -1, -1) != 0) perror("setresgid");
        if (setresuid(0, 0, 0) != 0) { perror("setresuid"); return 1; }
        for (;;) sleep(1000);
      } else if (!strcmp(what, "drop")) {
        /* what a program gives up by itself */
        for (int c = 0; c < 64; c++) prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
        if (setresgid(1234, 1234, 1234) != 0 || setresuid(1234, 1234, 1234) != 0) { perror("setres"); return 1; }
        for (;;) sleep(1000);
      } else if (!strcmp(what, "eat")) {
        size_t size = (size_t)atoi(argv[2]) << 20;
        char *memory = malloc(size);
        for (size_t i = 0; i < size; i += 4096) memory[i] = 1;
        printf("ate it\n");
        sleep(1000);
      } else if (!strcmp(what, "crash")) { *(volatile int *)8 = 1; }
      else if (!strcmp(what, "seccomp")) {
        /* a filter of its own that kills for getppid */
        struct sock_filter code[] = {
          {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0}, {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_getppid},
          {BPF_RET | BPF_K, 0, 0, 0x80000000u}, {BPF_RET | BPF_K, 0, 0, 0x7fff0000u}};
        struct sock_fprog program = {4, code};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (prctl(PR_SET_SECCOMP, 2, &program) != 0) { perror("seccomp"); return 1; }
        syscall(SYS_getppid);
      }
      else if (!strcmp(what, "forks")) {
        int done = 0;
        while (done < 200 && fork() != 0) done++;
        if (done < 200 && getpid() != 1) { sleep(1000); return 0; }
        printf("forks %d\n", done);
      } else if (!strcmp(what, "signals")) {
        /* signals that are blocked or ignored at the start */
        sigset_t set;
        sigprocmask(0, 0, &set);
        for (int s = 1; s < 65; s++) {
          struct sigaction a;
          if (s == 32 || s == 33) continue;
          sigaction(s, 0, &a);
          if (sigismember(&set, s)) printf("blocked %d\n", s);
          if (a.sa_handler == SIG_IGN) printf("ignored %d\n", s);
        }
        printf("umask %o nice %d\n", umask(0), getpriority(PRIO_PROCESS, 0));
      }
      return 0;
    }
    """#
}
