# The page of the inspector: src/observe/page, bundled by esbuild with Preact into one script and
# one style sheet, and compiled into the library as bytes. Where one of the two can't be had the
# library is built without the page, and says so when somebody asks for it; with RONDO_REQUIRE_PAGE,
# which CI sets, configuring fails, so that the page's tests can't vanish without anybody noticing.

option(RONDO_PAGE "Build the inspector's page (needs esbuild, and Preact from the npm registry)" ON)
option(RONDO_REQUIRE_PAGE "Fail where the page can't be built, instead of leaving it out" OFF)
set(RONDO_PREACT_ARCHIVE "" CACHE FILEPATH
    "preact-<version>.tgz, for a machine that does not reach registry.npmjs.org")

set(preact_version 10.29.8)
set(preact_sha256 b18cb0a457f3d43c7bb30391a74ade7d13e03bc6e77915e061c70c0fe1123299)
set(page_source "${PROJECT_SOURCE_DIR}/src/observe/page")
set(page_build "${PROJECT_BINARY_DIR}/page")

# Sets `found` to the folder that esbuild finds Preact in, or to nothing. The archive is fetched
# once and kept in the user's cache, for all build trees; its hash is compared every time.
function(rondo_get_preact found)
  set(${found} "" PARENT_SCOPE)
  set(modules "${page_build}/modules-${preact_version}")
  if(NOT EXISTS "${modules}/preact/package.json")
    set(archive "${RONDO_PREACT_ARCHIVE}")
    if(NOT archive)
      set(cache "$ENV{XDG_CACHE_HOME}")
      if(NOT cache AND IS_DIRECTORY "$ENV{HOME}")
        set(cache "$ENV{HOME}/.cache")
      elseif(NOT cache)
        set(cache "${page_build}")
      endif()
      set(archive "${cache}/rondo/preact-${preact_version}.tgz")
    endif()
    set(hash "")
    if(EXISTS "${archive}")
      file(SHA256 "${archive}" hash)
    endif()
    if(NOT hash STREQUAL preact_sha256 AND NOT RONDO_PREACT_ARCHIVE)
      # Under a name of its own first: another build tree may be configured at the same moment.
      string(RANDOM LENGTH 8 part)
      file(DOWNLOAD "https://registry.npmjs.org/preact/-/preact-${preact_version}.tgz"
           "${archive}.${part}" TIMEOUT 60 TLS_VERIFY ON STATUS status)
      list(GET status 0 code)
      if(code EQUAL 0)
        file(SHA256 "${archive}.${part}" hash)
        file(RENAME "${archive}.${part}" "${archive}")
      else()
        file(REMOVE "${archive}.${part}")
        message(WARNING "Preact ${preact_version} could not be fetched: ${status}")
      endif()
    endif()
    if(NOT hash STREQUAL preact_sha256)
      if(hash)
        message(WARNING "${archive} has SHA-256 ${hash}, and not ${preact_sha256}")
      endif()
      return()
    endif()
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${modules}")
    file(RENAME "${modules}/package" "${modules}/preact")
  endif()
  set(${found} "${modules}" PARENT_SCOPE)
endfunction()

set(RONDO_HAS_PAGE FALSE)
if(RONDO_PAGE)
  find_program(RONDO_ESBUILD esbuild)
  rondo_get_preact(preact_modules)
  if(RONDO_ESBUILD AND preact_modules)
    set(RONDO_HAS_PAGE TRUE)
  else()
    set(severity WARNING)
    if(RONDO_REQUIRE_PAGE)
      set(severity FATAL_ERROR)
    endif()
    message(
      ${severity}
        "The inspector's page is left out: it is built with esbuild (Debian: apt install esbuild) "
        "and Preact ${preact_version} (fetched from registry.npmjs.org, or given by "
        "-DRONDO_PREACT_ARCHIVE=FILE). -DRONDO_PAGE=OFF leaves it out without a word.")
  endif()
elseif(RONDO_REQUIRE_PAGE)
  message(FATAL_ERROR "RONDO_REQUIRE_PAGE asks for the page that RONDO_PAGE=OFF leaves out")
endif()

set(page_files "")
if(RONDO_HAS_PAGE)
  file(GLOB page_sources CONFIGURE_DEPENDS "${page_source}/*.ts" "${page_source}/*.tsx"
       "${page_source}/*.css")
  add_custom_command(
    OUTPUT "${page_build}/page.js" "${page_build}/page.css"
    COMMAND
      "${CMAKE_COMMAND}" -E env "NODE_PATH=${preact_modules}" "${RONDO_ESBUILD}"
      "${page_source}/page.tsx" --bundle --minify --target=es2020 --charset=utf8 --format=iife
      --jsx=automatic --jsx-import-source=preact --legal-comments=none --log-level=warning
      "--outdir=${page_build}"
    DEPENDS ${page_sources} "${preact_modules}/preact/package.json"
    COMMENT "Bundling the inspector's page"
    VERBATIM)
  set(page_files "${page_source}/index.html" "${page_build}/page.js" "${page_build}/page.css"
                 "${preact_modules}/preact/LICENSE")
endif()
add_custom_command(
  OUTPUT "${page_build}/page_files.cpp"
  COMMAND "${CMAKE_COMMAND}" "-DFILES=${page_files}" "-DOUTPUT=${page_build}/page_files.cpp" -P
          "${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake"
  DEPENDS ${page_files} "${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake"
  COMMENT "Embedding the inspector's page"
  VERBATIM)
target_sources(rondo PRIVATE "${page_build}/page_files.cpp")
