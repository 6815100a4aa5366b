# libbacktrace as the target backtrace::backtrace. It comes with GCC (Debian: libgcc-12-dev) and
# lies in GCC's own folder, where both compilers find the library when they link, but clang not the
# header. That folder can't be an include directory: it has GCC's own intrinsics, which would come
# before clang's. So backtrace_HEADER is one file, for who compiles against it.
execute_process(
  COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=libbacktrace.a
  OUTPUT_VARIABLE backtrace_hint
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
get_filename_component(backtrace_hint "${backtrace_hint}" DIRECTORY)
find_library(backtrace_LIBRARY backtrace HINTS "${backtrace_hint}")
find_file(backtrace_HEADER backtrace.h HINTS "${backtrace_hint}/include")
unset(backtrace_hint)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  backtrace
  REQUIRED_VARS backtrace_LIBRARY backtrace_HEADER
  REASON_FAILURE_MESSAGE "on Debian it is part of libgcc-12-dev, which g++ brings")
if(backtrace_FOUND AND NOT TARGET backtrace::backtrace)
  add_library(backtrace::backtrace UNKNOWN IMPORTED)
  set_target_properties(backtrace::backtrace PROPERTIES IMPORTED_LOCATION "${backtrace_LIBRARY}")
endif()
mark_as_advanced(backtrace_LIBRARY backtrace_HEADER)
