// bpf(2) for device rules of cgroup v2. Each function returns its result or -errno.
#define _GNU_SOURCE
#include "CContainrLinux.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attributes, size_t size) {
  long result = syscall(SYS_bpf, command, attributes, size);
  return result < 0 ? -errno : (int)result;
}

int cl_bpf_load_cgroup_device(const uint64_t *instructions, size_t count) {
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  a.expected_attach_type = BPF_CGROUP_DEVICE;
  a.insns = (uintptr_t)instructions;
  a.insn_cnt = (uint32_t)count;
  a.license = (uintptr_t) "Apache-2.0";
  strcpy(a.prog_name, "containr_dev");
  return bpf(BPF_PROG_LOAD, &a, sizeof a);
}

// The cgroup's own device program: 1 and its descriptor, 0 if there is none; how it was attached either way.
static int own_program(int cgroup, int *program, uint32_t *flags) {
  uint32_t ids[1] = {0};
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.query.target_fd = (uint32_t)cgroup;
  a.query.attach_type = BPF_CGROUP_DEVICE;
  a.query.prog_ids = (uintptr_t)ids;
  a.query.prog_cnt = 1;
  int r = bpf(BPF_PROG_QUERY, &a, sizeof a);
  if (r < 0) return r;
  *flags = a.query.attach_flags;
  if (a.query.prog_cnt == 0) return 0;
  memset(&a, 0, sizeof a);
  a.prog_id = ids[0];
  *program = bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof a);
  return *program < 0 ? *program : 1;
}

int cl_bpf_attach_cgroup_device(int cgroup, int program) {
  int old = -1;
  uint32_t flags = 0;
  int r = own_program(cgroup, &old, &flags);
  if (r < 0) return r;
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.target_fd = (uint32_t)cgroup;
  a.attach_bpf_fd = (uint32_t)program;
  a.attach_type = BPF_CGROUP_DEVICE;
  // With others: who makes groups below, in a container, can have programs there as well, and all of them have to allow. One
  // that was attached without others is replaced without, since the kernel takes no change of that.
  if (r == 0) {
    a.attach_flags = BPF_F_ALLOW_MULTI;
  } else if (flags & BPF_F_ALLOW_MULTI) {
    a.attach_flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
    a.replace_bpf_fd = (uint32_t)old;
  }
  r = bpf(BPF_PROG_ATTACH, &a, sizeof a);
  if (old >= 0) close(old);
  return r;
}

int cl_bpf_tag(int program, uint64_t *tag) {
  struct bpf_prog_info info;
  union bpf_attr a;
  memset(&info, 0, sizeof info);
  memset(&a, 0, sizeof a);
  a.info.bpf_fd = (uint32_t)program;
  a.info.info_len = sizeof info;
  a.info.info = (uintptr_t)&info;
  int r = bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof a);
  if (r == 0) memcpy(tag, info.tag, sizeof *tag);
  return r;
}

int cl_bpf_cgroup_device_tag(int cgroup, uint64_t *tag) {
  int program = -1;
  uint32_t flags = 0;
  int r = own_program(cgroup, &program, &flags);
  if (r <= 0) return r;
  r = cl_bpf_tag(program, tag);
  close(program);
  return r < 0 ? r : 1;
}
