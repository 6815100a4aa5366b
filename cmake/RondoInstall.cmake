# What `cmake --install` lays down: headers, library, program, the package for find_package(rondo)
# and rondo.pc.
include(CMakePackageConfigHelpers)

install(TARGETS rondo EXPORT rondoTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
if(TARGET rondo_cli)
  install(TARGETS rondo_cli)
endif()

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/rondo")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/rondoConfig.cmake.in" rondoConfig.cmake
                              INSTALL_DESTINATION "${package_folder}")
# Until 1.0 a minor version may break, as semantic versioning allows.
write_basic_package_version_file(rondoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rondoConfig.cmake"
              "${PROJECT_BINARY_DIR}/rondoConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/Findcares.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/Findbacktrace.cmake"
        DESTINATION "${package_folder}")
install(EXPORT rondoTargets NAMESPACE rondo:: DESTINATION "${package_folder}")

# What a static library uses, its users link.
set(RONDO_PC_PRIVATE "")
if(BUILD_SHARED_LIBS)
  set(RONDO_PC_PRIVATE ".private")
endif()
set(RONDO_PC_REQUIRES "libcares")
if(RONDO_TLS)
  string(APPEND RONDO_PC_REQUIRES ", openssl >= 3.0")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/rondo.pc.in" rondo.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/rondo.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
