// function-trace OUTPUT PROGRAM [ARGUMENT...]: runs a program one instruction at a time and writes each address that it
// or a child of its own program executes once, in order, in hexadecimal. `exec` stands where the program became another.
// For scripts/order-functions.sh; static programs below 64 MiB only.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 0x400000UL
#define SIZE (64UL << 20)

int main(int count, char **words) {
  if (count < 3) return fprintf(stderr, "usage: %s OUTPUT PROGRAM [ARGUMENT...]\n", words[0]), 2;
  unsigned char *seen = calloc(SIZE, 1);
  FILE *output = fopen(words[1], "w");
  if (!seen || !output) return perror(words[1]), 1;
  pid_t first = fork();
  if (first < 0) return perror("fork"), 1;
  if (first == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(words[2], words + 2);
    _exit(127);
  }
  int status, result = 1;
  waitpid(first, &status, 0);
  ptrace(PTRACE_SETOPTIONS, first, 0,
         PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SINGLESTEP, first, 0, 0);
  while (1) {
    pid_t process = waitpid(-1, &status, __WALL);
    if (process < 0 && errno == EINTR) continue;
    if (process < 0) break;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (process != first) continue;
      result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    int signal = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_EXEC) {
      if (process != first) {  // a child has become somebody else's program
        ptrace(PTRACE_DETACH, process, 0, 0);
        continue;
      }
      memset(seen, 0, SIZE);
      fprintf(output, "exec\n");
    }
    if (signal == SIGTRAP && !event) {
      unsigned long address = ptrace(PTRACE_PEEKUSER, process, offsetof(struct user_regs_struct, rip), 0);
      if (address - FIRST < SIZE && !seen[address - FIRST]) {
        seen[address - FIRST] = 1;
        fprintf(output, "%lx\n", address);
      }
    }
    ptrace(PTRACE_SINGLESTEP, process, 0, event || signal == SIGTRAP || signal == SIGSTOP ? 0 : signal);
  }
  return fclose(output) ? 1 : result;
}
