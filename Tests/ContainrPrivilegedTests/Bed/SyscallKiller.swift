// A small static C program that kills another one at its Nth system call, whichever of its threads begins it.
import ContainrTestSupport
import Foundation

enum SyscallKiller {
  private static let program = Result { try CProgram.compiled("syscallkill", source) }

  /// The program: `N COUNT-FILE PROGRAM ARGUMENTS…`. Compiled once a test run.
  static func path() throws -> String { try program.get() }

  /// Runs a program of ours in a bed until its Nth system call (0: to its end); answers its exit code and how many there were.
  static func run(
    _ bed: Bed, until number: Int, _ program: String, _ arguments: [String], input: String = "/dev/null"
  ) throws -> (code: Int32, count: Int) {
    let words = ([try BuiltPrograms.path(program)] + arguments).joined(separator: " ")
    let result = try bed.sandbox.runInShell("exec \(try path()) \(number) \(bed.path)/count \(words) <\(input)")
    guard let count = Int(try bed.read("count").trimmingCharacters(in: .newlines)) else {
      throw TestSupportError("no count: \(result)")
    }
    return (result.code, count)
  }

  private static let source = #"""
    // Runs a program and kills it (SIGKILL) when all its threads together have begun their Nth system call; 0: only counts.
    // Programs that it starts are not followed. Writes the count to a file. Exit code: the program's, or 137.
    #define _GNU_SOURCE
    #include <errno.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/ptrace.h>
    #include <sys/wait.h>
    #include <unistd.h>

    int main(int argc, char **argv) {
      if (argc < 4) return 2;
      long wanted = atol(argv[1]), count = 0;
      pid_t child = fork();
      if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[3], argv + 3);
        _exit(126);
      }
      int status, killed = 0, code = 1;
      waitpid(child, &status, 0);
      // A clone that is neither fork nor vfork is a thread.
      ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
      ptrace(PTRACE_SYSCALL, child, 0, 0);
      for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
          if (pid != child) continue;
          code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
          break;
        }
        int stop = WSTOPSIG(status), pass = 0;
        if (stop == (SIGTRAP | 0x80)) {
          struct __ptrace_syscall_info info;
          long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info);
          if (size > 0 && info.op == 1 /* PTRACE_SYSCALL_INFO_ENTRY */ && ++count == wanted && !killed) {
            killed = 1;
            kill(child, SIGKILL);
            continue;
          }
        } else if (stop != SIGTRAP && stop != SIGSTOP) {
          pass = stop;  // a signal of the program's own
        }
        ptrace(PTRACE_SYSCALL, pid, 0, (void *)(long)pass);
      }
      FILE *out = fopen(argv[2], "w");
      if (out) fprintf(out, "%ld\n", count), fclose(out);
      return code;
    }
    """#
}
