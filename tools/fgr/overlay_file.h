/* SPDX-License-Identifier: MIT */
/*
 * overlay_file.h - overlays as JSON files, read strictly; README.md of this folder has the schema.
 *
 * Place in the flow: files, compressed or not -> JSON events -> statements -> fgr_overlay_builder.
 *
 * Nothing is guessed: a member that a statement does not know, stands there twice, has the wrong
 * type or is out of range ends the reading, as does a statement that the builder refuses. The error
 * names the place by its path in the JSON and by its byte.
 *
 * Threads: one thread per builder.
 */
#ifndef FGR_TOOLS_OVERLAY_FILE_H
#define FGR_TOOLS_OVERLAY_FILE_H

#include "fulgurite/overlay.h"
#include "graph/import/source.h"

/* Makes the statements of one file, in its order. Errors: those of the source; FORMAT, LIMIT (not
 * JSON, or not as the schema has it); those of the builder. Then the statements before stand. */
FGR_NODISCARD enum fgr_err fgr_overlay_file_read(struct fgr_overlay_builder *builder,
                                                 struct fgr_source *source, struct fgr_error *err);

/* Those of all files ("-" is standard input), one after the other. Errors: as above, with the file in
 * front. */
FGR_NODISCARD enum fgr_err fgr_overlay_file_load(struct fgr_overlay_builder *builder,
                                                 const char *const *paths, size_t n_paths,
                                                 struct fgr_error *err);

#endif
