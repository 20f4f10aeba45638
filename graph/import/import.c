/* SPDX-License-Identifier: MIT */
#include "graph/import/import.h"

#include <stdio.h>
#include <string.h>

#include "graph/builder.h"
#include "graph/image.h"
#include "graph/import/csv.h"
#include "graph/import/describegraph.h"
#include "graph/import/gossip_store.h"
#include "graph/import/image_input.h"
#include "graph/import/records.h"
#include "graph/util/error.h"

const char *fgr_format_str(enum fgr_format format)
{
    switch (format) {
    case FGR_FORMAT_UNKNOWN:
        return "unknown";
    case FGR_FORMAT_GOSSIP_STORE:
        return "gossip_store";
    case FGR_FORMAT_DESCRIBEGRAPH:
        return "describegraph";
    case FGR_FORMAT_CSV:
        return "csv";
    case FGR_FORMAT_IMAGE:
        return "image";
    }
    return "unknown";
}

const char *fgr_compression_str(enum fgr_compression compression)
{
    switch (compression) {
    case FGR_COMPRESSION_NONE:
        return "none";
    case FGR_COMPRESSION_GZIP:
        return "gzip";
    case FGR_COMPRESSION_BZIP2:
        return "bzip2";
    case FGR_COMPRESSION_XZ:
        return "xz";
    case FGR_COMPRESSION_ZSTD:
        return "zstd";
    }
    return "unknown";
}

/* Puts `prefix` in front of a failure's text, or as much of its end as there is room for. */
static enum fgr_err prefix_error(enum fgr_err code, const char *prefix, struct fgr_error *err)
{
    enum { REASON_BYTES_MAX = 200 };
    if (code != FGR_OK && err != NULL) {
        struct fgr_error inner = *err;
        size_t n_reason = strnlen(inner.text, REASON_BYTES_MAX);
        size_t room = sizeof inner.text - sizeof ": " - n_reason;
        size_t n = strlen(prefix);
        fgr_fail_at(err, code, inner.record, inner.offset, "%s: %.*s",
                    n > room ? prefix + n - room : prefix, (int)n_reason, inner.text);
    }
    return code;
}

/* ---- from a source to image bytes ---------------------------------------------------------- */

enum { BEGIN_BYTES = 32 };

static enum fgr_format detect(const uint8_t *bytes, size_t n_bytes)
{
    if (fgr_image_input_detect(bytes, n_bytes)) {
        return FGR_FORMAT_IMAGE;
    }
    /* Before gossip_store: its version byte may look like white space. */
    if (fgr_describegraph_detect(bytes, n_bytes)) {
        return FGR_FORMAT_DESCRIBEGRAPH;
    }
    if (fgr_records_detect(bytes, n_bytes)) {
        return FGR_FORMAT_GOSSIP_STORE;
    }
    return fgr_csv_detect(bytes, n_bytes) ? FGR_FORMAT_CSV : FGR_FORMAT_UNKNOWN;
}

/* How a content of no known format begins: as text, or in hex. */
static void show_begin(char out_text[BEGIN_BYTES], const uint8_t *bytes, size_t n_bytes)
{
    enum { TEXT_BYTES_MAX = 24, HEX_BYTES_MAX = 8 };
    size_t n = 0;
    while (n < n_bytes && n < TEXT_BYTES_MAX && bytes[n] >= ' ' && bytes[n] <= '~') {
        n++;
    }
    bool is_text = n == n_bytes || n == TEXT_BYTES_MAX || bytes[n] == '\n' || bytes[n] == '\r';
    if (is_text) {
        snprintf(out_text, BEGIN_BYTES, "'%.*s'", (int)n, (const char *)bytes);
        return;
    }
    out_text += snprintf(out_text, BEGIN_BYTES, "bytes");
    for (size_t i = 0; i < n_bytes && i < HEX_BYTES_MAX; i++) {
        out_text += snprintf(out_text, sizeof " 00", " %02x", bytes[i]);
    }
}

static enum fgr_err detect_source(enum fgr_format *out_format, struct fgr_source *source,
                                  struct fgr_error *err)
{
    enum { DETECT_BYTES = 4096 };
    const uint8_t *bytes;
    size_t n;
    enum fgr_err code = fgr_source_fill(source, &bytes, &n, DETECT_BYTES, err);
    if (code != FGR_OK) {
        return code;
    }
    if (n == 0) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0, "the file is empty");
    }
    *out_format = detect(bytes, n);
    if (*out_format == FGR_FORMAT_UNKNOWN) {
        char begin[BEGIN_BYTES];
        show_begin(begin, bytes, n);
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0,
                           "the content is none of gossip_store, describegraph JSON, channels.csv "
                           "(whose first line names scid), fgr image: it begins with %s",
                           begin);
    }
    return FGR_OK;
}

static enum fgr_err read_records(struct fgr_builder *builder, const struct fgr_import_input *input,
                                 struct fgr_import_report *report, struct fgr_error *err)
{
    switch (report->format) {
    case FGR_FORMAT_GOSSIP_STORE:
        return fgr_gossip_store_read(builder, input->source, report, err);
    case FGR_FORMAT_DESCRIBEGRAPH:
        return fgr_describegraph_read(builder, input->source, report, err);
    case FGR_FORMAT_CSV:
        return fgr_csv_read(builder, input->source, input->nodes, report, err);
    case FGR_FORMAT_IMAGE:
    case FGR_FORMAT_UNKNOWN:
        break;
    }
    return fgr_fail(err, FGR_ERR_ARG, "no records in this format");
}

static enum fgr_err build(void **out_bytes, size_t *out_n_bytes,
                          const struct fgr_import_input *input, struct fgr_import_report *report,
                          struct fgr_error *err)
{
    struct fgr_builder *builder;
    enum fgr_err code = fgr_builder_create(&builder, report, err);
    if (code != FGR_OK) {
        return code;
    }
    code = read_records(builder, input, report, err);
    if (code == FGR_OK) {
        code = fgr_builder_finish(builder, out_bytes, out_n_bytes, input->threads, err);
    }
    fgr_builder_destroy(builder);
    return code;
}

enum fgr_err fgr_import_source(void **out_bytes, size_t *out_n_bytes,
                               const struct fgr_import_input *input,
                               struct fgr_import_report *report, struct fgr_error *err)
{
    *report = (struct fgr_import_report){.compression = fgr_source_compression(input->source)};
    enum fgr_err code = detect_source(&report->format, input->source, err);
    if (code != FGR_OK) {
        return code;
    }
    const char *name = fgr_format_str(report->format);
    if (input->nodes != NULL && report->format != FGR_FORMAT_CSV) {
        code = fgr_fail(err, FGR_ERR_ARG, "has its own node ids: a nodes file goes with csv only");
        return prefix_error(code, name, err);
    }
    code = report->format == FGR_FORMAT_IMAGE
               ? fgr_image_input_read(out_bytes, out_n_bytes, input->source, report, err)
               : build(out_bytes, out_n_bytes, input, report, err);
    report->bytes = fgr_source_offset(input->source);
    return prefix_error(code, name, err);
}

/* ---- files --------------------------------------------------------------------------------- */

/* What the caller's struct holds, in this library's. A later caller may know more options: they
 * must be unset. */
static enum fgr_err take_options(struct fgr_import_options *out,
                                 const struct fgr_import_options *options, struct fgr_error *err)
{
    *out = (struct fgr_import_options){.sz = sizeof *out};
    if (options == NULL) {
        return FGR_OK;
    }
    const unsigned char *bytes = (const unsigned char *)options;
    for (size_t i = sizeof *out; i < options->sz; i++) {
        if (bytes[i] != 0) {
            return fgr_fail(err, FGR_ERR_ARG, "import options of %zu bytes, only %zu are known",
                            options->sz, sizeof *out);
        }
    }
    memcpy(out, options, options->sz < sizeof *out ? options->sz : sizeof *out);
    return FGR_OK;
}

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : *path == '\0' ? "''" : path;
}

static enum fgr_err open_input(struct fgr_source **out_source, const char *path,
                               struct fgr_error *err)
{
    return prefix_error(fgr_source_open(out_source, path, err), name_of(path), err);
}

enum fgr_err fgr_import(const char *in_path, const char *out_path,
                        const struct fgr_import_options *options,
                        struct fgr_import_report *out_report, struct fgr_error *err)
{
    struct fgr_import_options known;
    struct fgr_import_input input = {0};
    struct fgr_import_report report;
    void *bytes = NULL;
    size_t n_bytes = 0;
    enum fgr_err code = take_options(&known, options, err);
    if (code == FGR_OK) {
        code = open_input(&input.source, in_path, err);
    }
    if (code == FGR_OK && known.nodes_path != NULL) {
        code = open_input(&input.nodes, known.nodes_path, err);
    }
    if (code == FGR_OK) {
        input.threads = known.threads;
        code = prefix_error(fgr_import_source(&bytes, &n_bytes, &input, &report, err),
                            name_of(in_path), err);
    }
    if (code == FGR_OK) {
        code = fgr_image_write(out_path, bytes, n_bytes, err);
    }
    if (code == FGR_OK && out_report != NULL) {
        *out_report = report;
    }
    fgr_image_free(bytes, n_bytes);
    fgr_source_close(input.nodes);
    fgr_source_close(input.source);
    return code;
}
