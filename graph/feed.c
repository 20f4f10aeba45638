/* SPDX-License-Identifier: MIT */
#include "graph/feed.h"

enum fgr_err fgr_feed_read(struct fgr_feed *feed, struct fgr_feed_batch *out_batch,
                           uint32_t wait_ms, struct fgr_error *err)
{
    *out_batch = (struct fgr_feed_batch){0};
    return feed->ops->read(feed, out_batch, wait_ms, err);
}

void fgr_feed_done(struct fgr_feed *feed, size_t n)
{
    if (feed->ops->done != NULL) {
        feed->ops->done(feed, n);
    }
}

bool fgr_feed_settle(struct fgr_feed *feed, uint32_t wait_ms)
{
    return feed->ops->settle == NULL || feed->ops->settle(feed, wait_ms);
}

void fgr_feed_figures(const struct fgr_feed *feed, struct fgr_feed_figures *out_figures)
{
    *out_figures = feed->figures;
}

void fgr_feed_close(struct fgr_feed *feed)
{
    if (feed != NULL) {
        feed->ops->close(feed);
    }
}

void fgr_feed_give(struct fgr_feed *feed, struct fgr_feed_entry *entry)
{
    entry->number = feed->n_given++;
    feed->figures.entries++;
    feed->figures.bytes += entry->n_bytes;
}
