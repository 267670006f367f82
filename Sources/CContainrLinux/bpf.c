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

int cl_bpf_attach_cgroup_device(int cgroup, int program) {
  uint32_t ids[1] = {0};
  union bpf_attr q;
  memset(&q, 0, sizeof q);
  q.query.target_fd = (uint32_t)cgroup;
  q.query.attach_type = BPF_CGROUP_DEVICE;
  q.query.prog_ids = (uintptr_t)ids;
  q.query.prog_cnt = 1;
  int r = bpf(BPF_PROG_QUERY, &q, sizeof q);
  if (r < 0) return r;
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.target_fd = (uint32_t)cgroup;
  a.attach_bpf_fd = (uint32_t)program;
  a.attach_type = BPF_CGROUP_DEVICE;
  // With others: who makes groups below, in a container, can have programs there as well, and all of them have to allow. One
  // that was attached without others is replaced without, since the kernel takes no change of that.
  if (q.query.prog_cnt == 0 || (q.query.attach_flags & BPF_F_ALLOW_MULTI)) a.attach_flags = BPF_F_ALLOW_MULTI;
  int old = -1;
  if (q.query.prog_cnt > 0 && a.attach_flags) {
    union bpf_attr f;
    memset(&f, 0, sizeof f);
    f.prog_id = ids[0];
    old = bpf(BPF_PROG_GET_FD_BY_ID, &f, sizeof f);
    if (old < 0) return old;
    a.attach_flags |= BPF_F_REPLACE;
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
  uint32_t ids[1] = {0};
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.query.target_fd = (uint32_t)cgroup;
  a.query.attach_type = BPF_CGROUP_DEVICE;
  a.query.prog_ids = (uintptr_t)ids;
  a.query.prog_cnt = 1;
  int r = bpf(BPF_PROG_QUERY, &a, sizeof a);
  if (r < 0) return r;
  if (a.query.prog_cnt == 0) return 0;
  memset(&a, 0, sizeof a);
  a.prog_id = ids[0];
  int program = bpf(BPF_PROG_GET_FD_BY_ID, &a, sizeof a);
  if (program < 0) return program;
  r = cl_bpf_tag(program, tag);
  close(program);
  return r < 0 ? r : 1;
}
