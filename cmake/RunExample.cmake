# Runs PROGRAM and fails unless it exits with 0 and, where EXPECTED names a file, prints exactly
# that.
execute_process(
  COMMAND "${PROGRAM}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE)
if(NOT status STREQUAL "0")
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
if(EXPECTED)
  file(READ "${EXPECTED}" wanted)
  if(NOT output STREQUAL wanted)
    message(FATAL_ERROR "printed\n${output}\nbut ${EXPECTED} says\n${wanted}")
  endif()
endif()
