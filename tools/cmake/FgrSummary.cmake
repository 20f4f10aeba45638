# SPDX-License-Identifier: MIT
# What this build will be, at the end of the configure step.
set(fgr_summary_sanitizers ${FGR_SANITIZE})
if(NOT FGR_SANITIZE)
  set(fgr_summary_sanitizers none)
endif()
message(STATUS "")
message(STATUS "fulgurite ${PROJECT_VERSION}")
message(STATUS "  build type          ${CMAKE_BUILD_TYPE}")
message(STATUS "  compiler            ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}, \
${CMAKE_SYSTEM_PROCESSOR}")
message(STATUS "  warnings as errors  ${FGR_WERROR}")
message(STATUS "  sanitizers          ${fgr_summary_sanitizers}")
message(STATUS "  fuzz targets        ${FGR_FUZZ}")
message(STATUS "  jemalloc            ${FGR_JEMALLOC}")
message(STATUS "  tests               ${FGR_TESTS}")
message(STATUS "  man pages           ${FGR_MAN}")
message(STATUS "  install prefix      ${CMAKE_INSTALL_PREFIX}")
message(STATUS "")
