/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - items pass through a pool of workers and come out in the order they went in.
 *
 * Place in the flow: one producer fills slots, any worker that is free does the next one, one
 * consumer gets them back in order. Slots are what bounds it: where all are in use the producer
 * waits (or is told), so nothing queues up without limit.
 *
 * Threads: one producer and one consumer, which may be the same thread; the workers are started
 * here. What the producer wrote into a slot its worker sees, and what that wrote the consumer.
 * Memory: all of it at creation.
 */
#ifndef FGR_UTIL_PIPELINE_H
#define FGR_UTIL_PIPELINE_H

#include "fulgurite/base.h"

struct fgr_pipeline;

/* Does the work of one slot, as worker `worker` (from 0; each index is one thread, so it may own
 * per-worker memory). */
typedef void fgr_pipeline_fn(void *state, unsigned worker, void *slot);

struct fgr_pipeline_options {
    fgr_pipeline_fn *fn;
    void *state;
    unsigned threads; /* 1 to FGR_PIPELINE_THREADS_MAX */
    unsigned n_slots; /* 2 to FGR_PIPELINE_SLOTS_MAX */
    size_t slot_bytes;
};

#define FGR_PIPELINE_THREADS_MAX 1024
#define FGR_PIPELINE_SLOTS_MAX 65536

/* Slots are zeroed and aligned to cache lines. Fewer threads than wanted are no error, none is.
 * Errors: ARG, MEMORY, IO (not one thread could be started). */
enum fgr_err fgr_pipeline_create(struct fgr_pipeline **out_pipeline,
                                 const struct fgr_pipeline_options *options, struct fgr_error *err);

/* Ends the workers, each after the slot it is at; what else was submitted is dropped. Nobody may
 * be inside a call. NULL is allowed. */
void fgr_pipeline_destroy(struct fgr_pipeline *pipeline);

/* ---- producer ------------------------------------------------------------------------------ */

/* A slot to fill, the same one until it is submitted; NULL while all are in use. */
void *fgr_pipeline_room(struct fgr_pipeline *pipeline);
/* The same, asleep until there is one. */
void *fgr_pipeline_wait_room(struct fgr_pipeline *pipeline);

/* Hands over the slot that was filled. */
void fgr_pipeline_submit(struct fgr_pipeline *pipeline);

/* Nothing will follow: the consumer is told once it has got all before. Takes a slot, so it may
 * wait for the consumer: false, and nothing done, where it would have to and `may_wait` is false. */
bool fgr_pipeline_end(struct fgr_pipeline *pipeline, bool may_wait);

/* ---- consumer ------------------------------------------------------------------------------ */

/* The oldest slot that is not released, the same one until it is; NULL while it is not done. */
void *fgr_pipeline_done(struct fgr_pipeline *pipeline);
/* The same, asleep until it is done; NULL after the end. */
void *fgr_pipeline_wait_done(struct fgr_pipeline *pipeline);

/* Gives the slot back to the producer. */
void fgr_pipeline_release(struct fgr_pipeline *pipeline);

#endif
