#pragma once

#include <linux/io_uring.h>

#include <cstdint>

/// The numbers of io_uring that we use, under names of our own: the kernel headers of the machine
/// that builds may be older than the kernel of the machine that runs, and half of these are
/// enumerators there, which no preprocessor can ask for. They are ABI and never change. Beside each
/// stands the kernel that brought it (include/uapi/linux/io_uring.h of that release). The
/// structures come from the header: those that we use have not changed since Linux 5.1 but for
/// fields in what was padding.
namespace rondo::io::abi {

// io_uring_setup
inline constexpr unsigned setup_cqsize = 1u << 3;          // 5.5
inline constexpr unsigned setup_r_disabled = 1u << 6;      // 5.10
inline constexpr unsigned setup_submit_all = 1u << 7;      // 5.18
inline constexpr unsigned setup_coop_taskrun = 1u << 8;    // 5.19
inline constexpr unsigned setup_taskrun_flag = 1u << 9;    // 5.19
inline constexpr unsigned setup_single_issuer = 1u << 12;  // 6.0
inline constexpr unsigned setup_defer_taskrun = 1u << 13;  // 6.1
inline constexpr unsigned setup_no_sqarray = 1u << 16;     // 6.6

inline constexpr unsigned feature_single_mmap = 1u << 0;    // 5.4
inline constexpr unsigned feature_no_drop = 1u << 1;        // 5.5
inline constexpr unsigned feature_submit_stable = 1u << 2;  // 5.5
inline constexpr unsigned feature_ext_arg = 1u << 8;        // 5.11
inline constexpr unsigned feature_cqe_skip = 1u << 11;      // 5.17

// io_uring_enter
inline constexpr unsigned enter_getevents = 1u << 0;  // 5.1
inline constexpr unsigned enter_ext_arg = 1u << 3;    // 5.11

// The flags word of the submission ring
inline constexpr unsigned sq_cq_overflow = 1u << 1;  // 5.8
inline constexpr unsigned sq_taskrun = 1u << 2;      // 5.19

// io_uring_register
inline constexpr unsigned register_probe = 8;          // 5.6
inline constexpr unsigned register_enable_rings = 12;  // 5.10
inline constexpr unsigned register_pbuf_ring = 22;     // 5.19

// Opcodes
inline constexpr std::uint8_t op_readv = 1;          // 5.1
inline constexpr std::uint8_t op_writev = 2;         // 5.1
inline constexpr std::uint8_t op_fsync = 3;          // 5.1
inline constexpr std::uint8_t op_poll_add = 6;       // 5.1
inline constexpr std::uint8_t op_sendmsg = 9;        // 5.3
inline constexpr std::uint8_t op_recvmsg = 10;       // 5.3
inline constexpr std::uint8_t op_accept = 13;        // 5.5
inline constexpr std::uint8_t op_async_cancel = 14;  // 5.5
inline constexpr std::uint8_t op_connect = 16;       // 5.5
inline constexpr std::uint8_t op_fallocate = 17;     // 5.6
inline constexpr std::uint8_t op_openat = 18;        // 5.6
inline constexpr std::uint8_t op_close = 19;         // 5.6
inline constexpr std::uint8_t op_statx = 21;         // 5.6
inline constexpr std::uint8_t op_read = 22;          // 5.6
inline constexpr std::uint8_t op_write = 23;         // 5.6
inline constexpr std::uint8_t op_send = 26;          // 5.6
inline constexpr std::uint8_t op_recv = 27;          // 5.6
inline constexpr std::uint8_t op_renameat = 35;      // 5.11
inline constexpr std::uint8_t op_unlinkat = 36;      // 5.11
inline constexpr std::uint8_t op_mkdirat = 37;       // 5.15
inline constexpr std::uint8_t op_symlinkat = 38;     // 5.15
inline constexpr std::uint8_t op_linkat = 39;        // 5.15
inline constexpr std::uint8_t op_send_zc = 47;       // 6.0; only probed for
inline constexpr std::uint8_t op_ftruncate = 55;     // 6.9; probed for

// Flags of an entry
inline constexpr std::uint8_t sqe_buffer_select = 1u << 5;     // 5.7
inline constexpr std::uint8_t sqe_cqe_skip_success = 1u << 6;  // 5.17
inline constexpr std::uint16_t accept_multishot = 1u << 0;     // 5.19, in ioprio
inline constexpr std::uint16_t recv_multishot = 1u << 1;       // 6.0, in ioprio
inline constexpr std::uint32_t poll_multishot = 1u << 0;       // 5.13, in len
inline constexpr std::uint32_t fsync_datasync = 1u << 0;       // 5.1
inline constexpr std::uint32_t cancel_all = 1u << 0;           // 5.19
inline constexpr std::uint32_t cancel_any = 1u << 2;           // 5.19

// Flags of a completion
inline constexpr std::uint32_t cqe_buffer = 1u << 0;  // 5.7
inline constexpr std::uint32_t cqe_more = 1u << 1;    // 5.13
inline constexpr unsigned cqe_buffer_shift = 16;      // 5.7

// Where the parts of a ring are mapped from
inline constexpr long offset_rings = 0;
inline constexpr long offset_sqes = 0x1000'0000;

}  // namespace rondo::io::abi
