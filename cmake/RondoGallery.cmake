# The table of the gallery's programs with their texts (src/observe/gallery/programs.hpp). Run as a
# script at build time: cmake -DOUT=file.cpp -DFOLDER=.../programs -P RondoGallery.cmake
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files "${FOLDER}/*.cpp")
  list(SORT files)
  set(declarations "")
  set(rows "")
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX REPLACE "^[0-9]+_" "" name "${name}")
    file(READ "${file}" text)
    string(APPEND declarations "extern const piece ${name};\n")
    string(APPEND rows "      {\"${name}\", R\"rondo(${text})rondo\", ${name}},\n")
  endforeach()
  file(
    WRITE "${OUT}"
    "// Written by cmake/RondoGallery.cmake.
#include \"observe/gallery/programs.hpp\"

namespace rondo::observe::gallery {

${declarations}
const std::vector<program>& programs() {
  static const std::vector<program> all = {
${rows}  };
  return all;
}

}  // namespace rondo::observe::gallery
")
  return()
endif()

file(GLOB gallery_programs CONFIGURE_DEPENDS src/observe/gallery/programs/*.cpp)
set(gallery_table "${PROJECT_BINARY_DIR}/gallery/programs.cpp")
add_custom_command(
  OUTPUT "${gallery_table}"
  COMMAND "${CMAKE_COMMAND}" "-DOUT=${gallery_table}"
          "-DFOLDER=${PROJECT_SOURCE_DIR}/src/observe/gallery/programs" -P
          "${CMAKE_CURRENT_LIST_FILE}"
  DEPENDS ${gallery_programs} "${CMAKE_CURRENT_LIST_FILE}"
  VERBATIM)
target_sources(rondo PRIVATE ${gallery_programs} "${gallery_table}")
