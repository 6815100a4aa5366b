// The least that io_uring needs, by raw system calls: the ring mapped, entries filled in place,
// one provided buffer ring, and completions walked without a copy.
#ifndef RONDO_BENCHMARKS_RING_H
#define RONDO_BENCHMARKS_RING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "listen.h"

#ifndef IORING_SETUP_NO_SQARRAY  // Linux 6.6; the header may be older than the kernel
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif

enum { buffer_count = 1024, buffer_size = 4096, buffer_group = 7 };

static struct {
  int fd;
  unsigned sq_tail, sq_submitted, sq_mask, cq_mask;
  unsigned *sq_khead, *sq_ktail, *cq_khead, *cq_ktail;
  struct io_uring_sqe* sqes;
  struct io_uring_cqe* cqes;
  struct io_uring_buf_ring* buffers;
  uint16_t buffer_tail;
  char* buffer_memory;
} ring;

static inline void ring_fail(const char* what) {
  perror(what);
  exit(1);
}

/// Submits what was filled in and waits for `wanted` completions.
static inline void ring_enter(unsigned wanted) {
  __atomic_store_n(ring.sq_ktail, ring.sq_tail, __ATOMIC_RELEASE);
  unsigned count = ring.sq_tail - ring.sq_submitted;
  long done = syscall(__NR_io_uring_enter, ring.fd, count, wanted, IORING_ENTER_GETEVENTS, NULL, 0);
  if (done >= 0) ring.sq_submitted += (unsigned)done;
  if (done < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) ring_fail("io_uring_enter");
}

static inline struct io_uring_sqe* ring_next(uint8_t opcode, int fd, uint64_t tag) {
  if (ring.sq_tail - __atomic_load_n(ring.sq_khead, __ATOMIC_ACQUIRE) > ring.sq_mask) ring_enter(0);
  struct io_uring_sqe* entry = &ring.sqes[ring.sq_tail++ & ring.sq_mask];
  memset(entry, 0, sizeof *entry);
  entry->opcode = opcode;
  entry->fd = fd;
  entry->user_data = tag;
  return entry;
}

static inline char* ring_buffer(uint16_t id) {
  return ring.buffer_memory + (size_t)id * buffer_size;
}

static inline void ring_give_back(uint16_t id) {
  struct io_uring_buf* slot = &ring.buffers->bufs[ring.buffer_tail & (buffer_count - 1)];
  slot->addr = (uint64_t)(uintptr_t)ring_buffer(id);
  slot->len = buffer_size;
  slot->bid = id;
  __atomic_store_n(&ring.buffers->tail, ++ring.buffer_tail, __ATOMIC_RELEASE);
}

static inline void* ring_map(size_t size, off_t offset, int flags, int fd) {
  void* at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, offset);
  if (at == MAP_FAILED) ring_fail("mmap");
  return at;
}

static inline void ring_open(unsigned entries) {
  struct io_uring_params params;
  memset(&params, 0, sizeof params);
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_NO_SQARRAY;
  params.cq_entries = entries * 8;
  ring.fd = (int)syscall(__NR_io_uring_setup, entries, &params);
  if (ring.fd < 0) ring_fail("io_uring_setup");
  size_t size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
  char* both = ring_map(size, IORING_OFF_SQ_RING, MAP_SHARED | MAP_POPULATE, ring.fd);
  ring.sqes = ring_map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES,
                       MAP_SHARED | MAP_POPULATE, ring.fd);
  ring.sq_khead = (unsigned*)(both + params.sq_off.head);
  ring.sq_ktail = (unsigned*)(both + params.sq_off.tail);
  ring.cq_khead = (unsigned*)(both + params.cq_off.head);
  ring.cq_ktail = (unsigned*)(both + params.cq_off.tail);
  ring.sq_mask = params.sq_entries - 1;
  ring.cq_mask = params.cq_entries - 1;
  ring.cqes = (struct io_uring_cqe*)(both + params.cq_off.cqes);

  int own = MAP_PRIVATE | MAP_ANONYMOUS;
  ring.buffers = ring_map(buffer_count * sizeof(struct io_uring_buf), 0, own, -1);
  // Populated, so that touching it does not pass for the memory of connections.
  ring.buffer_memory = ring_map((size_t)buffer_count * buffer_size, 0, own | MAP_POPULATE, -1);
  struct io_uring_buf_reg registration = {.ring_addr = (uint64_t)(uintptr_t)ring.buffers,
                                          .ring_entries = buffer_count,
                                          .bgid = buffer_group};
  if (syscall(__NR_io_uring_register, ring.fd, IORING_REGISTER_PBUF_RING, &registration, 1) != 0)
    ring_fail("IORING_REGISTER_PBUF_RING");
  for (int id = 0; id < buffer_count; ++id) ring_give_back((uint16_t)id);
}

static inline void ring_accept(int listener, uint64_t tag) {
  ring_next(IORING_OP_ACCEPT, listener, tag)->ioprio = IORING_ACCEPT_MULTISHOT;
}

static inline void ring_receive(int fd, uint64_t tag) {
  struct io_uring_sqe* entry = ring_next(IORING_OP_RECV, fd, tag);
  entry->ioprio = IORING_RECV_MULTISHOT;
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->buf_group = buffer_group;
}

/// MSG_WAITALL makes the kernel finish a short send by itself.
static inline void ring_send(int fd, uint64_t tag, const char* data, size_t size) {
  struct io_uring_sqe* entry = ring_next(IORING_OP_SEND, fd, tag);
  entry->addr = (uint64_t)(uintptr_t)data;
  entry->len = (unsigned)size;
  entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
}

#endif
