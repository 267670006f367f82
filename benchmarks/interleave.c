// Runs commands in turns and prints how long each took, so that a noisy moment of the machine hits all of them alike.
//   interleave [-s] ROUNDS < FILE
// FILE has one command a line, `name<TAB>program argument…` (words split at blanks, no quoting). Each round runs all of
// them once, in random order, or with -s in the order of the file. The first round only warms up and is not counted.
// What a command says on standard error is shown only if it fails.
// Output, a line a command: name, median, minimum, 90th percentile (microseconds), runs; or name, "failed", exit code.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS = 64, WORDS = 64, ROUNDS = 1000 };
struct command {
  char *name, *words[WORDS];
  double times[ROUNDS];
  int runs, failed;
};
static struct command all[COMMANDS];
static int errors;  // a nameless file
extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int run(struct command *c, double *took) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors, 2);
  if (ftruncate(errors, 0) < 0 || lseek(errors, 0, SEEK_SET) < 0) return 126;
  pid_t pid;
  int status;
  double start = now();
  int error = posix_spawnp(&pid, c->words[0], &files, NULL, c->words, environ);
  posix_spawn_file_actions_destroy(&files);
  if (error) return fprintf(stderr, "%s: %s: %s\n", c->name, c->words[0], strerror(error)), 127;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return 126;
  *took = now() - start;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (code) {
    char text[4096];
    ssize_t n = pread(errors, text, sizeof text, 0);
    fprintf(stderr, "%s: exit %d: %.*s\n", c->name, code, n > 0 ? (int)n : 0, text);
  }
  return code;
}

static int by_time(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int in_order = argc > 1 && !strcmp(argv[1], "-s"), count = 0;
  int rounds = argc > 1 + in_order ? atoi(argv[1 + in_order]) : 0;
  if (rounds < 1 || rounds > ROUNDS) return fprintf(stderr, "usage: interleave [-s] ROUNDS < FILE\n"), 2;
  errors = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (errors < 0) return perror("interleave: /tmp"), 1;
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0 && count < COMMANDS) {
    char *tab = strchr(line, '\t');
    if (!tab) continue;
    *tab = 0;
    struct command *c = &all[count++];
    c->name = strdup(line);
    int n = 0;
    for (char *w = strtok(strdup(tab + 1), " \n"); w && n < WORDS - 1; w = strtok(NULL, " \n")) c->words[n++] = w;
  }
  srand((unsigned)time(NULL));
  for (int round = 0; round <= rounds; round++) {
    int order[COMMANDS];
    for (int i = 0; i < count; i++) order[i] = i;
    for (int i = count - 1; i > 0 && !in_order; i--) {
      int k = rand() % (i + 1), t = order[i];
      order[i] = order[k], order[k] = t;
    }
    for (int i = 0; i < count; i++) {
      struct command *c = &all[order[i]];
      if (c->failed) continue;
      double took = 0;
      c->failed = run(c, &took);
      if (round > 0 && !c->failed) c->times[c->runs++] = took;
    }
  }
  for (int i = 0; i < count; i++) {
    struct command *c = &all[i];
    if (c->failed) {
      printf("%s\tfailed\t%d\n", c->name, c->failed);
      continue;
    }
    qsort(c->times, (size_t)c->runs, sizeof *c->times, by_time);
    printf("%s\t%.0f\t%.0f\t%.0f\t%d\n", c->name, c->times[c->runs / 2], c->times[0], c->times[c->runs * 9 / 10], c->runs);
  }
}
