// A steady load: a small static C program that asks for a page again and again on several connections at once and
// counts what fails. Runs on the host and inside containers.
import ContainrTestSupport
import Foundation

enum LoadGenerator {
  /// Compiles it, once a test run; answers its path.
  static func path() throws -> String { try program.get() }

  private static let program = Result { try CProgram.compiled("load", source) }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <arpa/inet.h>
    #include <errno.h>
    #include <netinet/in.h>
    #include <pthread.h>
    #include <stdatomic.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    /* load HOST PORT WORKERS STOPFILE: asks for / until STOPFILE exists; one line a failure, then the sums. A HOST that is
       no address is asked of the name server before every request. */
    static atomic_long good, bad, answers[10];
    static const char *host; static int port; static const char *stopfile;
    /* Told once a version, so that somebody can wait for it. */
    static void told(int version) {
      static atomic_int seen[10];
      if (!atomic_exchange(&seen[version], 1)) printf("answered v%d\n", version);
    }
    static void fail(const char *what) { printf("FAILED %s: %s\n", what, strerror(errno)); bad++; }
    static int resolve(struct in_addr *address) {
      if (inet_aton(host, address)) return 0;
      char line[256], server[64] = ""; FILE *file = fopen("/etc/resolv.conf", "r");
      while (file && fgets(line, sizeof line, file)) if (sscanf(line, "nameserver %63s", server) == 1) break;
      if (file) fclose(file);
      unsigned char q[512] = {0x12, 0x34, 1, 0, 0, 1}; int n = 12;
      for (const char *p = host; *p;) { int l = strcspn(p, "."); q[n++] = l; memcpy(q + n, p, l); n += l; p += l; if (*p) p++; }
      q[n++] = 0; q[n++] = 0; q[n++] = 1; q[n++] = 0; q[n++] = 1;
      int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); struct timeval t = {20, 0};
      setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)}; inet_aton(server, &to.sin_addr);
      unsigned char a[1024]; int got = -1;
      if (sendto(s, q, n, 0, (void *)&to, sizeof to) == n) got = recv(s, a, sizeof a, 0);
      close(s);
      if (got < n + 16 || (a[3] & 15) || a[7] == 0) return -1;
      memcpy(&address->s_addr, a + n + 12, 4);
      return 0;
    }
    static void *work(void *unused) {
      while (access(stopfile, F_OK)) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
        if (resolve(&to.sin_addr)) { fail("resolve"); continue; }
        int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); struct timeval t = {30, 0};
        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t); setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
        if (connect(s, (void *)&to, sizeof to)) { fail("connect"); close(s); continue; }
        const char *ask = "GET /index.html HTTP/1.0\r\nHost: x\r\n\r\n"; char answer[4096]; int n = 0, r;
        if (write(s, ask, strlen(ask)) < 0) { fail("write"); close(s); continue; }
        while ((r = read(s, answer + n, sizeof answer - 1 - n)) > 0) n += r;
        if (r < 0) { fail("read"); close(s); continue; }
        answer[n] = 0; close(s);
        char *body = strstr(answer, "\r\n\r\n");
        if (!strstr(answer, " 200 ") || !body || body[4] != 'v') { errno = 0; fail("answer"); continue; }
        good++; answers[body[5] - '0']++; told(body[5] - '0');
        usleep(2000);
      }
      return 0;
    }
    /* load -u PORT TEXT: answers every datagram with TEXT. */
    static int answer(int port, const char *text) {
      struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)}, from;
      int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (bind(s, (void *)&here, sizeof here)) return 1;
      char data[64]; socklen_t length;
      while (length = sizeof from, recvfrom(s, data, sizeof data, 0, (void *)&from, &length) >= 0)
        sendto(s, text, strlen(text), 0, (void *)&from, length);
      return 1;
    }
    int main(int argc, char **argv) {
      if (argc == 4 && !strcmp(argv[1], "-u")) return answer(atoi(argv[2]), argv[3]);
      host = argv[1]; port = atoi(argv[2]); int workers = atoi(argv[3]); stopfile = argv[4]; setvbuf(stdout, 0, _IOLBF, 0);
      pthread_t threads[64];
      for (int i = 0; i < workers; i++) pthread_create(&threads[i], 0, work, 0);
      for (int i = 0; i < workers; i++) pthread_join(threads[i], 0);
      printf("good %ld bad %ld versions", (long)good, (long)bad);
      for (int i = 0; i < 10; i++) if (answers[i]) printf(" v%d:%ld", i, (long)answers[i]);
      printf("\n"); return bad != 0;
    }
    """#
}

/// What a load generator counted: `good 10 bad 0 versions v1:4 v2:6`.
struct LoadResult: CustomStringConvertible {
  var good: Int
  var bad: Int
  /// Answers by version.
  var versions: [String: Int] = [:]
  var output: String

  var description: String { String(output.suffix(2000)) }

  init(_ output: String) throws {
    self.output = output
    guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("good ") }) else {
      throw TestSupportError("the load did not end: \(output.suffix(2000))")
    }
    let words = line.split(separator: " ")
    guard words.count >= 5, let good = Int(words[1]), let bad = Int(words[3]) else {
      throw TestSupportError("not a result: \(line)")
    }
    self.good = good
    self.bad = bad
    for word in words.dropFirst(5) {
      let parts = word.split(separator: ":")
      if parts.count == 2, let count = Int(parts[1]) { versions[String(parts[0])] = count }
    }
  }
}
