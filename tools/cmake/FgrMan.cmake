# SPDX-License-Identifier: MIT
# Man pages, made from --help so that there is one text only.

find_program(FGR_HELP2MAN help2man)
set(FGR_MAN OFF)
if(FGR_HELP2MAN AND NOT FGR_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  set(FGR_MAN ON)
endif()

# fgr_man(<program> <subcommand>...): program.1 and program-subcommand.1, built and installed.
function(fgr_man program)
  if(NOT FGR_MAN)
    return()
  endif()
  foreach(subcommand "" ${ARGN})
    string(JOIN "-" page ${program} ${subcommand})
    add_custom_command(OUTPUT ${page}.1
      COMMAND ${PROJECT_SOURCE_DIR}/tools/cmake/man $<TARGET_FILE:${program}> ${page}.1 ${subcommand}
      DEPENDS ${program} ${PROJECT_SOURCE_DIR}/tools/cmake/man
      VERBATIM)
    list(APPEND pages ${CMAKE_CURRENT_BINARY_DIR}/${page}.1)
  endforeach()
  add_custom_target(${program}_man ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endfunction()
