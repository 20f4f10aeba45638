# SPDX-License-Identifier: MIT
# How a test is registered. Every one gets a label, which is the stage of tools/test that runs it
# (lint unit property exhaustive integration stress fuzz consumer docs), a time limit, and leaves a
# TAP file in FGR_TAP_DIR, from which tools/test counts.

set(FGR_TAP_DIR ${CMAKE_BINARY_DIR}/tap)
set(FGR_SANITIZER_DIR ${CMAKE_BINARY_DIR}/sanitizer)
file(MAKE_DIRECTORY ${FGR_TAP_DIR} ${FGR_SANITIZER_DIR})

# The properties all tests share. Criterion calls a test that leaks a success, so the sanitizers
# write into files, and the fixture fails after the last test if there is one.
function(fgr_test_properties name label)
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 300)
  if(FGR_SANITIZE)
    set_tests_properties(${name} PROPERTIES
      FIXTURES_REQUIRED sanitizer
      ENVIRONMENT "ASAN_OPTIONS=log_path=${FGR_SANITIZER_DIR}/asan;\
UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1")
  endif()
endfunction()

# fgr_criterion_test(<label> <layer> <source>...): one Criterion program, named after the label and
# its first source, linked with that layer and nothing above it: an upward call does not link.
function(fgr_criterion_test label layer first_source)
  get_filename_component(stem ${first_source} NAME_WE)
  set(name ${label}_${stem})
  add_executable(${name} ${first_source} ${ARGN})
  target_link_libraries(${name} PRIVATE ${layer} fgr_flags PkgConfig::CRITERION)
  if(FGR_SANITIZE STREQUAL "address")
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/leaks.c)
  endif()
  add_test(NAME ${name} COMMAND ${name} --tap=${FGR_TAP_DIR}/${name}.tap)
  fgr_test_properties(${name} ${label})
endfunction()

# fgr_command_test(<label> <name> <command>...): a program or script. Exit 0 passes, 77 skips with
# its last line as the reason; lines "ok ...", "not ok ..." and "ok ... # SKIP why" on its output
# are counted one by one.
function(fgr_command_test label name)
  add_test(NAME ${label}_${name}
    COMMAND ${PROJECT_SOURCE_DIR}/tests/tap ${label}_${name} ${FGR_TAP_DIR} ${ARGN})
  fgr_test_properties(${label}_${name} ${label})
endfunction()

if(FGR_SANITIZE)
  add_test(NAME sanitizer_begin COMMAND ${CMAKE_COMMAND} -E rm -rf ${FGR_SANITIZER_DIR})
  add_test(NAME sanitizer_end
    COMMAND ${PROJECT_SOURCE_DIR}/tests/sanitizer_end ${FGR_SANITIZER_DIR})
  set_tests_properties(sanitizer_begin PROPERTIES FIXTURES_SETUP sanitizer)
  set_tests_properties(sanitizer_end PROPERTIES FIXTURES_CLEANUP sanitizer)
endif()
