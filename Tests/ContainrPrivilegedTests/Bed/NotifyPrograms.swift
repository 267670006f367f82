// The two ends of readiness (sd_notify(3)): somebody who listens as systemd does, and a program inside that says all kinds of
// things.
import ContainrTestSupport
import Foundation

/// Somebody who waits at NOTIFY_SOCKET: tells of each message the sender's pid, how many descriptors came along, and the text.
final class NotifyListener {
  private let command: Command
  /// What NOTIFY_SOCKET is to be.
  let address: String

  private static let source = """
    #define _GNU_SOURCE
    #include <stddef.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/un.h>
    #include <unistd.h>
    /* PLACE [FILE]: with FILE it keeps what comes with a barrier until that is there. `@PLACE` has no file. */
    int main(int argc, char **argv) {
      struct sockaddr_un a = {.sun_family = AF_UNIX};
      socklen_t size = sizeof a;
      int s = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
      setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
      if (argv[1][0] == '@') {
        size = offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]);
        memcpy(a.sun_path + 1, argv[1] + 1, strlen(argv[1]) - 1);
      } else strcpy(a.sun_path, argv[1]);
      if (bind(s, (void *)&a, size) < 0) return 2;
      puts("listening");
      fflush(stdout);
      for (;;) {
        char text[65536], control[4096];
        struct iovec v = {text, sizeof text - 1};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(s, &m, 0);
        if (n < 0) return 3;
        text[n] = 0;
        int pid = 0, count = 0, fds[253];
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
          if (c->cmsg_type == SCM_CREDENTIALS) pid = ((struct ucred *)CMSG_DATA(c))->pid;
          if (c->cmsg_type != SCM_RIGHTS) continue;
          count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
          memcpy(fds, CMSG_DATA(c), count * sizeof(int));
        }
        for (char *p = text; *p; p++) if (*p == '\\n') *p = '|';
        printf("%d %d %s\\n", pid, count, text);
        fflush(stdout);
        while (argc > 2 && count && access(argv[2], F_OK) < 0) usleep(1000);
        for (int i = 0; i < count; i++) close(fds[i]);
      }
    }
    """

  /// Listens when it returns. `keepsUntil`: what comes with a barrier is kept until this file is there.
  init(_ bed: BundleBed, abstract: Bool = false, keepsUntil file: String? = nil) throws {
    address = abstract ? "@containr-test-\(UUID().uuidString)" : bed.scratch.path + "/host.sock"
    let command = try Command(
      try CProgram.compiled("notify-listener", Self.source), [address] + (file.map { [$0] } ?? []))
    self.command = command
    try eventually("somebody listens") { command.outputSoFar.hasPrefix("listening\n") }
    if !abstract { chmod(address, 0o777) }
  }

  deinit {
    command.signal(SIGKILL)
    _ = command.wait()
  }

  /// `PID DESCRIPTORS TEXT`, where `|` is the end of a line.
  var heard: [String] { command.outputSoFar.split(separator: "\n").dropFirst().map(String.init) }

  /// Until something was heard: what was sent in the foreground may be on its way when the sender has ended.
  func awaitWord() throws { try eventually("it is told") { !heard.isEmpty } }
}

/// The program inside.
enum NotifyProgram {
  private static let source = """
    #define _GNU_SOURCE
    #include <fcntl.h>
    #include <poll.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/un.h>
    #include <unistd.h>
    static int s;
    static struct sockaddr_un a = {.sun_family = AF_UNIX};
    static int say(const char *text, size_t size, int *fds, int count) {
      char control[CMSG_SPACE(16 * sizeof(int))] = {0};
      struct iovec v = {(void *)text, size};
      struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &v, .msg_iovlen = 1};
      if (count) {
        m.msg_control = control, m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
      }
      if (sendmsg(s, &m, 0) == (ssize_t)size) return 0;
      perror("notify");
      return 1;
    }
    int main(int argc, char **argv) {
      s = socket(AF_UNIX, SOCK_DGRAM, 0);
      strcpy(a.sun_path, getenv("NOTIFY_SOCKET"));
      if (!strcmp(argv[1], "say")) return say(argv[2], strlen(argv[2]), 0, 0);
      if (!strcmp(argv[1], "flood")) {
        for (int i = atoi(argv[2]); i; i--) if (say("STATUS=READY=1", 14, 0, 0)) return 1;
        return argc > 3 ? say(argv[3], strlen(argv[3]), 0, 0) : 0;
      }
      if (!strcmp(argv[1], "long")) {
        static char text[8192];
        memset(text, 'x', sizeof text);
        memcpy(text, "READY=1\\n", 8);
        return say(text, sizeof text, 0, 0);
      }
      if (!strcmp(argv[1], "descriptors")) {
        int fds[16];
        for (int i = 0; i < 16; i++) fds[i] = open("/", O_RDONLY);
        return say(argv[2], strlen(argv[2]), fds, 16);
      }
      if (!strcmp(argv[1], "barrier")) {
        int ends[2];
        pipe2(ends, O_CLOEXEC);
        if (say("BARRIER=1", 9, &ends[1], 1)) return 1;
        close(ends[1]);
        struct pollfd p = {ends[0]};
        return poll(&p, 1, 60000) == 1 ? 0 : 3;
      }
      return 2;
    }
    """

  /// Puts it into the bundle as /bin/notify.
  static func put(into bed: BundleBed) throws {
    let program = try CProgram.compiled("notify", source)
    try run("cp", [program, "\(bed.bundle)/rootfs/bin/notify"]).succeeding()
  }

  /// Its path on the host.
  static func path() throws -> String { try CProgram.compiled("notify", source) }
}
