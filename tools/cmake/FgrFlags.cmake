# SPDX-License-Identifier: MIT
# Build options and compiler flags, all of them here.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

option(FGR_TESTS "build the tests (needs criterion)" ON)
option(FGR_WERROR "treat warnings as errors" ON)
option(FGR_JEMALLOC "link the executables with jemalloc" ON)
option(FGR_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(FGR_SANITIZE "" CACHE STRING "address (with undefined), thread, or empty")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(fgr_flags INTERFACE)
target_compile_definitions(fgr_flags INTERFACE _GNU_SOURCE)
target_compile_options(fgr_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wcast-align -Wcast-qual -Wpointer-arith -Wvla -Wswitch-enum
  -Wformat=2 -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -Wwrite-strings
  $<$<BOOL:${FGR_WERROR}>:-Werror>>
  # The same sums on every machine: no fused multiply-add behind our back.
  $<$<COMPILE_LANGUAGE:C>:-ffp-contract=off>)

if(FGR_SANITIZE STREQUAL "address")
  set(fgr_sanitize_flags -fsanitize=address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer)
elseif(FGR_SANITIZE STREQUAL "thread")
  set(fgr_sanitize_flags -fsanitize=thread)
elseif(FGR_SANITIZE)
  message(FATAL_ERROR "FGR_SANITIZE is '${FGR_SANITIZE}': use address, thread or nothing")
endif()
if(FGR_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "FGR_FUZZ needs clang: cmake --preset fuzz")
  endif()
  list(APPEND fgr_sanitize_flags -fsanitize=fuzzer-no-link)
endif()
if(fgr_sanitize_flags)
  add_compile_options(${fgr_sanitize_flags})
  add_link_options(${fgr_sanitize_flags})
  # jemalloc would hide what the sanitizers look for.
  set(FGR_JEMALLOC OFF)
endif()
