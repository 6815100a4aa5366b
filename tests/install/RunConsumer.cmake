# Usage: cmake -DBUILD= -DCONSUMER= -DWORK= -DCOMPILER= -DLIBRARIES= -P RunConsumer.cmake BUILD: a
# finished build tree of Rondo; CONSUMER: the sources of the program; WORK: a folder to wipe and
# fill.
file(REMOVE_RECURSE "${WORK}")
file(COPY "${CONSUMER}/" DESTINATION "${WORK}/consumer")
set(prefix "${WORK}/prefix")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")

message(STATUS "find_package")
run("${CMAKE_COMMAND}" -G Ninja -S "${WORK}/consumer" -B "${WORK}/cmake" -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_COMPILER=${COMPILER})
run("${CMAKE_COMMAND}" --build "${WORK}/cmake")
run("${WORK}/cmake/consumer")

message(STATUS "pkg-config")
set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBRARIES}/pkgconfig")
execute_process(
  COMMAND pkg-config --cflags --libs rondo
  OUTPUT_VARIABLE flags
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
run("${COMPILER}" -std=c++23 "${WORK}/consumer/main.cpp" ${flags} -o "${WORK}/by_pkg_config")
run("${WORK}/by_pkg_config")
