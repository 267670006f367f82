// The terminal's calls of CContainrLinux.h. Each returns its result or -errno.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "result.h"

int cl_terminal_peer(int master) {
  int locked = 0;
  if (ioctl(master, TIOCSPTLCK, &locked) < 0) return -errno;
  RET(ioctl(master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY | O_CLOEXEC));
}
int cl_terminal_control(int terminal) { RET(ioctl(terminal, TIOCSCTTY, 0)); }
int cl_set_winsize(int terminal, unsigned short rows, unsigned short columns) {
  struct winsize w = {.ws_row = rows, .ws_col = columns};
  RET(ioctl(terminal, TIOCSWINSZ, &w));
}
int cl_terminal_raw(int terminal, void *saved, size_t size) {
  struct termios t;
  if (size < sizeof t) return -EINVAL;
  if (tcgetattr(terminal, &t) < 0) return -errno;
  memcpy(saved, &t, sizeof t);
  cfmakeraw(&t);
  RET(tcsetattr(terminal, TCSANOW, &t));
}
int cl_terminal_plain_newlines(int terminal) {
  struct termios t;
  if (tcgetattr(terminal, &t) < 0) return -errno;
  t.c_oflag &= ~(tcflag_t)ONLCR;
  RET(tcsetattr(terminal, TCSANOW, &t));
}
int cl_terminal_restore(int terminal, const void *saved, size_t size) {
  struct termios t;
  if (size < sizeof t) return -EINVAL;
  memcpy(&t, saved, sizeof t);
  RET(tcsetattr(terminal, TCSANOW, &t));
}
