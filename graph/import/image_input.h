/* SPDX-License-Identifier: MIT */
/*
 * image_input.h - an image that is imported: verified and taken as it is.
 *
 * Place in the flow: source -> image_input -> image bytes.
 *
 * Threads: one thread.
 */
#ifndef FGR_IMPORT_IMAGE_INPUT_H
#define FGR_IMPORT_IMAGE_INPUT_H

#include "graph/import/source.h"

/* True if the first bytes of a file are those of an image of any version. */
bool fgr_image_input_detect(const uint8_t *bytes, size_t n_bytes);

/* The most bytes worth reading of an input that begins with `bytes`: what an image's header says,
 * one more to see that there are more, and 0 if it is no image. UINT64_MAX: too few to tell. */
uint64_t fgr_image_input_bytes_max(const uint8_t *bytes, size_t n_bytes);

/* Reads all of `source` and fills the report from the view. `out_bytes` is freed with
 * fgr_image_free. Errors: those of source and fgr_image_load; MEMORY. */
enum fgr_err fgr_image_input_read(void **out_bytes, size_t *out_n_bytes, struct fgr_source *source,
                                  struct fgr_import_report *report, struct fgr_error *err);

#endif
