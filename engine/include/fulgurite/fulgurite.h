/* SPDX-License-Identifier: MIT */
/* fulgurite.h - everything the library offers. */
#ifndef FULGURITE_FULGURITE_H
#define FULGURITE_FULGURITE_H

#include "fulgurite/amp.h"
#include "fulgurite/base.h"
#include "fulgurite/capacity.h"
#include "fulgurite/choice.h"
#include "fulgurite/graph.h"
#include "fulgurite/overlay.h"
#include "fulgurite/reserve.h"
#include "fulgurite/route.h"
#include "fulgurite/split.h"

#endif
