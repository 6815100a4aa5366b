#pragma once

/// What this file is built with, each 0 or 1: RONDO_ASAN (AddressSanitizer), RONDO_TSAN
/// (ThreadSanitizer), RONDO_SANITIZED (either, or MemorySanitizer). GCC and Clang say it in
/// different words.
#if defined(__has_feature)
#define RONDO_ASAN __has_feature(address_sanitizer)
#define RONDO_TSAN __has_feature(thread_sanitizer)
#define RONDO_MSAN __has_feature(memory_sanitizer)
#else
#if defined(__SANITIZE_ADDRESS__)
#define RONDO_ASAN 1
#else
#define RONDO_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__)
#define RONDO_TSAN 1
#else
#define RONDO_TSAN 0
#endif
#define RONDO_MSAN 0
#endif
#define RONDO_SANITIZED (RONDO_ASAN || RONDO_TSAN || RONDO_MSAN)
