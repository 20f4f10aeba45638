/* SPDX-License-Identifier: MIT */
#include "bench/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness.h"
#include "graph/import/source.h"

#define LINE_BYTES_MAX 4096

static struct fgr_source *open_source(const char *path)
{
    struct fgr_source *source = NULL;
    struct fgr_error err;
    if (fgr_source_open(&source, path, &err) != FGR_OK) {
        fgr_bench_fail("%s: %s", path, err.text);
    }
    return source;
}

static size_t fill(struct fgr_source *source, const char *path, const uint8_t **out_bytes,
                   size_t want)
{
    struct fgr_error err;
    size_t n_bytes = 0;
    if (fgr_source_fill(source, out_bytes, &n_bytes, want, &err) != FGR_OK) {
        fgr_bench_fail("%s: %s", path, err.text);
    }
    return n_bytes;
}

void fgr_lines_read(const char *path, fgr_line_fn *on_line, void *state)
{
    struct fgr_source *source = open_source(path);
    const uint8_t *bytes = NULL;
    char line[LINE_BYTES_MAX];
    for (;;) {
        size_t n_bytes = fill(source, path, &bytes, LINE_BYTES_MAX);
        if (n_bytes == 0) {
            break;
        }
        const uint8_t *newline = memchr(bytes, '\n', n_bytes);
        size_t n_line = newline != NULL ? (size_t)(newline - bytes) : n_bytes;
        if (n_line >= sizeof line) {
            fgr_bench_fail("%s: a line of more than %d bytes", path, LINE_BYTES_MAX);
        }
        memcpy(line, bytes, n_line);
        line[n_line] = '\0';
        fgr_source_skip(source, n_line + (newline != NULL));
        on_line(state, line);
    }
    fgr_source_close(source);
}

size_t fgr_lines_split(char *line, char *out_field[], size_t n_max)
{
    size_t n = 0;
    while (line != NULL && n < n_max) {
        out_field[n++] = line;
        line = n < n_max ? strchr(line, ',') : NULL;
        if (line != NULL) {
            *line++ = '\0';
        }
    }
    return n;
}

void fgr_lines_unpack(const char *path, const char *out_path)
{
    struct fgr_source *source = open_source(path);
    const uint8_t *bytes = NULL;
    FILE *out = fopen(out_path, "wb");
    bool is_written = out != NULL;
    for (size_t n_bytes = 1; n_bytes > 0 && is_written;) {
        n_bytes = fill(source, path, &bytes, FGR_SOURCE_FILL_BYTES_MAX);
        is_written = fwrite(bytes, 1, n_bytes, out) == n_bytes;
        fgr_source_skip(source, n_bytes);
    }
    if (out == NULL || fclose(out) != 0 || !is_written) {
        fgr_bench_fail("%s: cannot be written", out_path);
    }
    fgr_source_close(source);
}

struct loading {
    struct fgr_pairs *pairs;
    const struct fgr_dataset *dataset;
    size_t n_room;
    bool is_past_header;
};

/* The snapshot's nodes are named by number, the bundled network's by the start of their id. */
static uint32_t find_node(const struct fgr_dataset *dataset, const char *name)
{
    fgr_node_idx node = {FGR_IDX_NONE};
    struct fgr_error err = {.text = "no such node"};
    if (dataset->is_snapshot) {
        node.v = fgr_dataset_node(dataset->view, strtoull(name, NULL, 10));
    } else if (fgr_view_find_node(dataset->view, &node, name, &err) != FGR_OK) {
        node.v = FGR_IDX_NONE;
    }
    if (node.v == FGR_IDX_NONE) {
        fgr_bench_fail("pair with node %s: %s", name, err.text);
    }
    return node.v;
}

static void add_pair(void *state, char *line)
{
    struct loading *loading = state;
    struct fgr_pairs *pairs = loading->pairs;
    char *field[4];
    struct fgr_pair pair;
    if (!loading->is_past_header) {
        loading->is_past_header = true;
        return;
    }
    if (fgr_lines_split(line, field, 4) != 4 || strlen(field[0]) >= sizeof pair.set) {
        fgr_bench_fail("no pair: %s", line);
    }
    memcpy(pair.set, field[0], strlen(field[0]) + 1);
    pair.number = (uint32_t)strtoul(field[1], NULL, 10);
    pair.from = find_node(loading->dataset, field[2]);
    pair.to = find_node(loading->dataset, field[3]);
    if (pairs->n == loading->n_room) {
        loading->n_room = loading->n_room == 0 ? 1024 : 2 * loading->n_room;
        struct fgr_pair *grown = realloc(pairs->pair, loading->n_room * sizeof *grown);
        if (grown == NULL) {
            fgr_bench_fail("out of memory for %zu pairs", loading->n_room);
        }
        pairs->pair = grown;
    }
    pairs->pair[pairs->n++] = pair;
}

void fgr_pairs_load(struct fgr_pairs *out_pairs, const struct fgr_dataset *dataset)
{
    char path[FGR_DATASET_PATH_BYTES];
    struct loading loading = {.pairs = out_pairs, .dataset = dataset};
    *out_pairs = (struct fgr_pairs){0};
    if (!dataset->is_snapshot) {
        snprintf(path, sizeof path, "%s/datasets/synth-pairs.csv", FGR_SOURCE_DIR);
    } else if (!fgr_dataset_find(path, "bench-pairs.csv")) {
        fgr_bench_fail("%s: not there", path);
    }
    fgr_lines_read(path, add_pair, &loading);
}

void fgr_pairs_free(struct fgr_pairs *pairs)
{
    free(pairs->pair);
    *pairs = (struct fgr_pairs){0};
}
