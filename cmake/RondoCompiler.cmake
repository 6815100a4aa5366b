# How Rondo itself is compiled. Nothing in here reaches whoever links the library: the flags are on
# `rondo_flags`, which only our own targets use.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(RONDO_WERROR "Treat warnings as errors in Rondo's own targets" OFF)
set(RONDO_SANITIZE "" CACHE STRING "Sanitizers, e.g. `address,undefined` or `thread`")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(
    WARNING
      "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (GCC PR106188, PR106713): a branch "
      "on `co_await`, or a braced aggregate beside it, may crash or destroy twice. Rondo avoids "
      "these shapes, but your own coroutines are at risk. Use clang 19, or g++ 13 and later.")
endif()

# PROJECT_IS_TOP_LEVEL: whoever embeds Rondo chooses these two.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(RONDO_CCACHE ccache)
  if(RONDO_CCACHE)
    # The sloppiness, and clang's -fno-pch-timestamp below, are what ccache asks for to cache users
    # of a precompiled header. The base makes paths relative, so that a second clone finds what the
    # first has compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        "${RONDO_CCACHE}")
  endif()
endif()
if(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=lld RONDO_HAVE_LLD)
  if(RONDO_HAVE_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

add_library(rondo_flags INTERFACE)
target_compile_options(
  rondo_flags INTERFACE -Wall -Wextra -Wpedantic $<$<BOOL:${RONDO_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on std::string, PR105329.
  target_compile_options(rondo_flags INTERFACE -Wno-restrict)
endif()
if(RONDO_SANITIZE)
  # Through the directory, not the target: everything in one program must be instrumented alike.
  add_compile_options(
    -fsanitize=${RONDO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RONDO_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
     AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
     AND RONDO_SANITIZE MATCHES "address")
    add_compile_options(--param asan-stack=0) # g++ 12 poisons coroutine frames wrongly
  endif()
endif()
if(RONDO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
