# SPDX-License-Identifier: MIT
# libfulgurite, made of the objects of the three layers, and everything that lets another project
# find it: headers, pkg-config file, CMake package.

# Before 1.0 a minor version may change the ABI, so it is part of the shared library's name.
set(FGR_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(FGR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fulgurite)

# fgr_add_library(<target> <SHARED|STATIC> <export set>): libfulgurite from the layers' objects.
function(fgr_add_library target type export_set)
  add_library(${target} ${type}
    $<TARGET_OBJECTS:fgr_util> $<TARGET_OBJECTS:fgr_graph> $<TARGET_OBJECTS:fgr_engine>)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/engine/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE ${FGR_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME fulgurite
    LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION}
    SOVERSION ${FGR_SOVERSION})
  if(type STREQUAL SHARED AND NOT FGR_SANITIZE)
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
  install(TARGETS ${target} EXPORT ${export_set}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT ${export_set} NAMESPACE fulgurite:: DESTINATION ${FGR_CMAKE_DIR})
endfunction()

# fgr_install_package(): headers and what pkg-config and find_package read.
function(fgr_install_package)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine/include/fulgurite
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

  string(JOIN " " FGR_PC_REQUIRES ${FGR_PC_MODULES})

  # The .pc file finds its prefix from where it lies, so that `cmake --install --prefix` and a
  # moved tree both work; a multiarch libdir is one folder deeper.
  file(RELATIVE_PATH FGR_PC_TO_PREFIX
    /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" FGR_PC_TO_PREFIX ${FGR_PC_TO_PREFIX})
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/fulgurite.pc.in fulgurite.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/fulgurite.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

  include(CMakePackageConfigHelpers)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/fulgurite-config.cmake.in
    fulgurite-config.cmake INSTALL_DESTINATION ${FGR_CMAKE_DIR}
    NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(fulgurite-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/fulgurite-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/fulgurite-config-version.cmake
    DESTINATION ${FGR_CMAKE_DIR})
endfunction()
