/* SPDX-License-Identifier: MIT */
/*
 * audit.h - is everything in a view what view.h says it is?
 *
 * Place in the flow: image (checksums and counts hold) -> audit -> view for everybody.
 *
 * Checksums keep out damage, not malice: after the audit no index, offset or order in the view can
 * lead a reader astray, whoever made the bytes. Of the columns that bound the cost it says that they
 * are numbers, not that they are the right ones: who forges them can hide a route, as he could by
 * forging the policies themselves, and no more.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_GRAPH_AUDIT_H
#define FGR_GRAPH_AUDIT_H

#include "graph/view.h"

/* Every pointer of the view has as many elements behind it as its counts say, and there are
 * n_alias_bytes and n_feature_bytes in the byte arrays; nothing else is assumed.
 * Errors: FORMAT (names the section and the first element that is wrong). */
enum fgr_err fgr_audit(const struct fgr_view *view, uint32_t n_alias_bytes,
                       uint32_t n_feature_bytes, struct fgr_error *err);

#endif
