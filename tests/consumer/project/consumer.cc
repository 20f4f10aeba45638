/* SPDX-License-Identifier: MIT */
/* consumer.cc - the headers are C++ as well: every line of them and of consumer.c. */
#include "consumer.c"
