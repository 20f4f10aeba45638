# SPDX-License-Identifier: MIT
# Every library we link; tools/debian.sh installs them on Debian 12.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(BZip2 REQUIRED)
find_package(PkgConfig REQUIRED)

# By pkg-config: module libxxhash becomes the target PkgConfig::XXHASH.
set(FGR_PC_MODULES libsecp256k1 libxxhash libcrypto hiredis yajl zlib liblzma libzstd)
set(FGR_LIBRARIES Threads::Threads BZip2::BZip2 m)
foreach(module ${FGR_PC_MODULES})
  string(TOUPPER ${module} name)
  string(REGEX REPLACE "^LIB" "" name ${name})
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  list(APPEND FGR_LIBRARIES PkgConfig::${name})
endforeach()

if(FGR_JEMALLOC)
  pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
endif()
if(FGR_TESTS)
  pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET criterion)
  pkg_check_modules(LEMON REQUIRED IMPORTED_TARGET lemon)
endif()
