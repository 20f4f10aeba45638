/* SPDX-License-Identifier: MIT */
#include "graph/view.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/image.h"
#include "graph/live.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"

#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)
#define PREFIX_DIGITS_MIN 8
#define CANDIDATE_DIGITS 16

/* ---- open and close ------------------------------------------------------------------------ */

struct mapping {
    void *bytes;
    size_t n_bytes;
};

/* The path in front of the reason. */
static enum fgr_err path_error(struct fgr_error *err, enum fgr_err code, const char *path,
                               const char *reason)
{
    return fgr_fail(err, code, "%s: %s", fgr_path_shown(path), reason);
}

static enum fgr_err map_open_file(struct mapping *out, int file, const char *path,
                                  struct fgr_error *err)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return path_error(err, FGR_ERR_IO, path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return path_error(err, FGR_ERR_IO, path,
                          S_ISDIR(status.st_mode) ? "is a directory, not an image"
                                                  : "is not a regular file");
    }
    if (status.st_size == 0) {
        return path_error(err, FGR_ERR_FORMAT, path, "the file is empty, not an image");
    }
    out->n_bytes = (size_t)status.st_size;
    out->bytes = mmap(NULL, out->n_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (out->bytes == MAP_FAILED) {
        return path_error(err, FGR_ERR_IO, path, strerror(errno));
    }
    return FGR_OK;
}

/* Never waits: a FIFO without a writer opens at once and is then refused. */
static enum fgr_err map_file(struct mapping *out, const char *path, struct fgr_error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return path_error(err, FGR_ERR_IO, path, strerror(errno));
    }
    enum fgr_err rc = map_open_file(out, file, path, err);
    close(file);
    return rc;
}

enum fgr_err fgr_view_open_memory(struct fgr_view **out_view, const void *bytes, size_t n_bytes,
                                  struct fgr_error *err)
{
    struct fgr_view *view = malloc(sizeof *view);
    if (view == NULL) {
        return fgr_fail_memory(err, sizeof *view);
    }
    enum fgr_err rc = fgr_image_load(view, bytes, n_bytes, err);
    if (rc != FGR_OK) {
        free(view);
        return rc;
    }
    *out_view = view;
    return FGR_OK;
}

enum fgr_err fgr_view_open(struct fgr_view **out_view, const char *path, struct fgr_error *err)
{
    struct mapping mapping = {0};
    struct fgr_error inner;
    enum fgr_err rc = map_file(&mapping, path, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = fgr_image_check_head(mapping.bytes, mapping.n_bytes, &inner);
    if (rc == FGR_OK) {
        /* All pages at once are faster than one by one, but only an image is worth reading whole.
         * Kernels before 5.14 do not know it, and go one by one. */
        (void)madvise(mapping.bytes, mapping.n_bytes, MADV_POPULATE_READ);
        rc = fgr_view_open_memory(out_view, mapping.bytes, mapping.n_bytes, &inner);
    }
    if (rc != FGR_OK) {
        munmap(mapping.bytes, mapping.n_bytes);
        return fgr_fail_at(err, rc, inner.record, inner.offset, "%s: %s", fgr_path_shown(path),
                           inner.text);
    }
    (*out_view)->is_mapped = true;
    return FGR_OK;
}

/* munmap takes a pointer to non-const; the view never writes through its own. */
static void unmap(const struct fgr_view *view)
{
    void *base;
    memcpy(&base, &view->base, sizeof base);
    munmap(base, view->n_bytes);
}

void fgr_view_close(struct fgr_view *view)
{
    if (view == NULL) {
        return;
    }
    if (view->is_mapped) {
        unmap(view);
    }
    free(view);
}

/* ---- counts and records -------------------------------------------------------------------- */

uint32_t fgr_view_node_count(const struct fgr_view *view)
{
    return view->n_nodes;
}

uint32_t fgr_view_channel_count(const struct fgr_view *view)
{
    return view->n_chans;
}

uint32_t fgr_view_enabled_count(const struct fgr_view *view)
{
    return view->n_usable;
}

static uint32_t degree(const struct fgr_adjacency *adjacency, uint32_t node)
{
    struct fgr_span span = fgr_adjacency_span(adjacency, node);
    return span.end - span.first;
}

/* What may change of a node, from either kind of view. */
struct node_facts {
    uint32_t timestamp;
    uint32_t feature_set;
    uint32_t channels;
    uint32_t alias_first;
    uint32_t alias_len;
};

static struct node_facts node_facts(const struct fgr_view *view, uint32_t node)
{
    if (view->live != NULL) {
        const struct fgr_live_node *state = fgr_live_node_of(view, node);
        const struct fgr_live_alias *alias = &view->live->alias[state->alias];
        return (struct node_facts){state->timestamp, state->feature_set, state->channels,
                                   alias->first, alias->len};
    }
    uint32_t first = view->alias_first[node];
    return (struct node_facts){view->node_timestamp[node], view->node_feature_set[node],
                               view->node_channels[node], first,
                               view->alias_first[node + 1] - first};
}

enum fgr_err fgr_view_node(const struct fgr_view *view, struct fgr_node_info *out_info,
                           fgr_node_idx node)
{
    if (node.v >= view->n_nodes) {
        return FGR_ERR_ARG;
    }
    struct node_facts facts = node_facts(view, node.v);
    const uint32_t *features = &view->feature_set_first[facts.feature_set];
    *out_info = (struct fgr_node_info){
        .id = view->node_id + (size_t)node.v * FGR_NODE_ID_BYTES,
        .alias = view->alias_bytes + facts.alias_first,
        .features = view->feature_bytes + features[0],
        .alias_len = facts.alias_len,
        .features_len = features[1] - features[0],
        .timestamp = facts.timestamp,
        .channels = facts.channels,
        .enabled_out = degree(&view->out, node.v),
        .enabled_in = degree(&view->in, node.v),
    };
    return FGR_OK;
}

enum fgr_err fgr_view_channel(const struct fgr_view *view, struct fgr_channel_info *out_info,
                              fgr_chan_idx chan)
{
    if (chan.v >= view->n_chans) {
        return FGR_ERR_ARG;
    }
    const struct fgr_chan *record = &view->chan[chan.v];
    const uint32_t *features = &view->feature_set_first[record->feature_set];
    *out_info = (struct fgr_channel_info){
        .scid = record->scid,
        .capacity = {record->capacity_sat},
        .node = {{record->node[0]}, {record->node[1]}},
        .features = view->feature_bytes + features[0],
        .features_len = features[1] - features[0],
        .dying = (record->flags & FGR_CHAN_DYING) != 0 ||
                 (fgr_view_half_of(view, 2 * chan.v)->flags & FGR_HALF_DYING) != 0,
        .closed = (fgr_view_half_of(view, 2 * chan.v)->flags & FGR_HALF_GONE) != 0,
    };
    return FGR_OK;
}

/* The inbound fee of an edge, or NULL. */
static const struct fgr_inbound *find_inbound(const struct fgr_view *view, uint32_t edge)
{
    if (view->live != NULL) {
        return fgr_paged_find(&view->live->inbound, edge);
    }
    uint32_t low = 0, high = view->n_inbound;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (view->inbound[middle].edge < edge) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < view->n_inbound && view->inbound[low].edge == edge ? &view->inbound[low] : NULL;
}

enum fgr_err fgr_view_policy(const struct fgr_view *view, struct fgr_policy_info *out_info,
                             fgr_edge_idx edge)
{
    if (edge.v >= 2 * view->n_chans) {
        return FGR_ERR_ARG;
    }
    const struct fgr_half *half = fgr_view_half_of(view, edge.v);
    const struct fgr_inbound *inbound = find_inbound(view, edge.v);
    *out_info = (struct fgr_policy_info){
        .htlc_min = {half->htlc_min_msat},
        .htlc_max = {half->htlc_max_msat},
        .base_msat = half->base_msat,
        .ppm = half->ppm,
        .inbound_base_msat = inbound != NULL ? inbound->base_msat : 0,
        .inbound_ppm = inbound != NULL ? inbound->ppm : 0,
        .timestamp = half->timestamp,
        .cltv_delta = half->cltv_delta,
        .known = (half->flags & FGR_HALF_KNOWN) != 0,
        .disabled = (half->flags & FGR_HALF_DISABLED) != 0,
        .usable = (half->flags & FGR_HALF_USABLE) != 0,
    };
    return FGR_OK;
}

/* ---- look-ups ------------------------------------------------------------------------------ */

/* What a binary search looks for: `compare` orders item number i against the key. */
struct sought {
    const struct fgr_view *view;
    int (*compare)(const struct sought *sought, uint32_t i);
    const uint8_t *bytes;
    size_t n; /* bytes of an alias, digits of a prefix */
};

/* The first of n items that does not come before the key (`past` = false), or that comes after it
 * (`past` = true): between the two stand the items that fit. */
static uint32_t search(const struct sought *sought, uint32_t n, bool past)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = sought->compare(sought, middle);
        if (order < 0 || (past && order == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Ids against the first `n` hex digits of `bytes`. */
static int compare_prefix(const struct sought *sought, uint32_t i)
{
    const uint8_t *id = sought->view->node_id + (size_t)i * FGR_NODE_ID_BYTES;
    return fgr_live_compare_digits(id, sought->bytes, sought->n);
}

static int compare_alias(const struct sought *sought, uint32_t i)
{
    return fgr_view_alias_cmp(sought->view, sought->view->alias_order[i], sought->bytes, sought->n);
}

enum fgr_err fgr_view_find_id(const struct fgr_view *view, fgr_node_idx *out_node,
                              const uint8_t id[FGR_NODE_ID_BYTES])
{
    const struct sought sought = {
        .view = view, .compare = compare_prefix, .bytes = id, .n = ID_DIGITS};
    if (view->live != NULL) {
        uint32_t found = fgr_live_find_id(view, id);
        out_node->v = found != FGR_IDX_NONE ? found : out_node->v;
        return found != FGR_IDX_NONE ? FGR_OK : FGR_ERR_UNKNOWN;
    }
    uint32_t i = search(&sought, view->n_nodes, false);
    if (i == view->n_nodes || compare_prefix(&sought, i) != 0) {
        return FGR_ERR_UNKNOWN;
    }
    out_node->v = i;
    return FGR_OK;
}

enum fgr_err fgr_view_find_channel(const struct fgr_view *view, fgr_chan_idx *out_chan,
                                   uint64_t scid)
{
    if (view->live != NULL) {
        uint32_t found = fgr_live_find_channel(view, scid);
        out_chan->v = found != FGR_IDX_NONE ? found : out_chan->v;
        return found != FGR_IDX_NONE ? FGR_OK : FGR_ERR_UNKNOWN;
    }
    uint32_t low = 0, high = view->n_chans;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (view->chan[middle].scid < scid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == view->n_chans || view->chan[low].scid != scid) {
        return FGR_ERR_UNKNOWN;
    }
    out_chan->v = low;
    return FGR_OK;
}

/* ---- look-up by text ----------------------------------------------------------------------- */

/* Number of hex digits of which `text` consists, 0 if there is another character or more digits
 * than an id has. A last odd digit stands in the upper half of its byte. */
static size_t parse_digits(uint8_t out_bytes[FGR_NODE_ID_BYTES], const char *text)
{
    size_t n = 0;
    memset(out_bytes, 0, FGR_NODE_ID_BYTES);
    for (; text[n] != '\0'; n++) {
        int value = fgr_hex_value(text[n]);
        if (value < 0 || n == ID_DIGITS) {
            return 0;
        }
        out_bytes[n / 2] |= (uint8_t)(n % 2 == 0 ? value << 4 : value);
    }
    return n;
}

/* Text of strangers in an error: without control characters, cut to what an alias may have. */
struct shown_text {
    char text[FGR_ALIAS_BYTES_MAX + sizeof ".."];
};

static struct shown_text show(const char *text)
{
    struct shown_text shown;
    size_t n = strnlen(text, FGR_ALIAS_BYTES_MAX + 1);
    size_t n_shown = n < FGR_ALIAS_BYTES_MAX ? n : FGR_ALIAS_BYTES_MAX;
    for (size_t i = 0; i < n_shown; i++) {
        shown.text[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    }
    const char *end = n > n_shown ? ".." : "";
    memcpy(shown.text + n_shown, end, strlen(end) + 1);
    return shown;
}

enum { CANDIDATES = 3 }; /* named where a text fits several nodes */

/* The nodes that fit a text: how many, and the first of them by id. */
struct found {
    uint32_t node[CANDIDATES];
    uint32_t n;
};

/* Among all nodes, or those of `nodes`. */
static struct found find_all(const struct sought *sought, const uint32_t *nodes, uint32_t n)
{
    uint32_t first = search(sought, n, false);
    struct found found = {.n = search(sought, n, true) - first};
    for (uint32_t i = 0; i < CANDIDATES && i < found.n; i++) {
        found.node[i] = nodes != NULL ? nodes[first + i] : first + i;
    }
    return found;
}

static struct found find_prefix(const struct sought *prefix)
{
    const struct fgr_view *view = prefix->view;
    struct found found;
    if (view->live == NULL) {
        return find_all(prefix, NULL, view->n_nodes);
    }
    found.n = fgr_live_find_prefix(view, found.node, CANDIDATES, prefix->bytes, prefix->n);
    return found;
}

static struct found find_alias(const struct sought *alias)
{
    const struct fgr_view *view = alias->view;
    struct found found;
    if (view->live == NULL) {
        return find_all(alias, view->alias_order, view->n_aliased);
    }
    found.n = fgr_live_find_alias(view, found.node, CANDIDATES, alias->bytes, alias->n);
    return found;
}

struct candidate_text {
    char hex[ID_DIGITS + 1];
};

/* The beginning of the id of candidate i, empty if there are not so many. */
static struct candidate_text candidate(const struct fgr_view *view, const struct found *found,
                                       uint32_t i, size_t n_digits)
{
    struct candidate_text text = {.hex = ""};
    if (i < found->n) {
        const uint8_t *id = view->node_id + (size_t)found->node[i] * FGR_NODE_ID_BYTES;
        fgr_hex_encode(text.hex, id, n_digits < ID_DIGITS ? n_digits : ID_DIGITS);
    }
    return text;
}

/* One node is the answer, several are an error that shows n_digits of the first three. */
static enum fgr_err take_only(fgr_node_idx *out_node, const struct sought *sought,
                              const struct found *found, size_t n_digits, const char *text,
                              struct fgr_error *err)
{
    const struct fgr_view *view = sought->view;
    if (found->n == 1) {
        out_node->v = found->node[0];
        return FGR_OK;
    }
    return fgr_fail(err, FGR_ERR_AMBIGUOUS, "'%s' fits %" PRIu32 " nodes: %s, %s%s%s%s",
                    show(text).text, found->n, candidate(view, found, 0, n_digits).hex,
                    candidate(view, found, 1, n_digits).hex, found->n > 2 ? ", " : "",
                    candidate(view, found, 2, n_digits).hex, found->n > 3 ? ", .." : "");
}

static enum fgr_err unknown_node(const char *text, size_t n_digits, struct fgr_error *err)
{
    if (text[0] == '\0') {
        return fgr_fail(err, FGR_ERR_UNKNOWN,
                        "the node is empty: give an id, a prefix of at "
                        "least %d hex digits or an alias",
                        PREFIX_DIGITS_MIN);
    }
    if (n_digits == 0 && strlen(text) > FGR_ALIAS_BYTES_MAX) {
        return fgr_fail(err, FGR_ERR_UNKNOWN,
                        "'%s' is no node: %zu bytes are too many for an alias (%d), and a node id "
                        "has %zu hex digits",
                        show(text).text, strlen(text), FGR_ALIAS_BYTES_MAX, ID_DIGITS);
    }
    if (n_digits == 0) {
        return fgr_fail(err, FGR_ERR_UNKNOWN, "no node has the alias '%s'", show(text).text);
    }
    if (n_digits < PREFIX_DIGITS_MIN) {
        return fgr_fail(err, FGR_ERR_UNKNOWN,
                        "no node has the alias '%s', and a prefix of a node id needs at least %d "
                        "hex digits",
                        text, PREFIX_DIGITS_MIN);
    }
    return fgr_fail(err, FGR_ERR_UNKNOWN,
                    n_digits == ID_DIGITS ? "no node has the id %s"
                                          : "no node has an id that starts with %s, or that alias",
                    text);
}

enum fgr_err fgr_view_find_node(const struct fgr_view *view, fgr_node_idx *out_node,
                                const char *text, struct fgr_error *err)
{
    uint8_t digits[FGR_NODE_ID_BYTES];
    size_t n_digits = parse_digits(digits, text);
    if (n_digits >= PREFIX_DIGITS_MIN) {
        const struct sought prefix = {
            .view = view, .compare = compare_prefix, .bytes = digits, .n = n_digits};
        const struct found found = find_prefix(&prefix);
        if (found.n > 0) {
            size_t n_shown = n_digits + 2 > CANDIDATE_DIGITS ? n_digits + 2 : CANDIDATE_DIGITS;
            return take_only(out_node, &prefix, &found, n_shown, text, err);
        }
    }
    const struct sought alias = {
        .view = view, .compare = compare_alias, .bytes = (const uint8_t *)text, .n = strlen(text)};
    const struct found found = find_alias(&alias);
    if (found.n > 0) {
        return take_only(out_node, &alias, &found, CANDIDATE_DIGITS, text, err);
    }
    return unknown_node(text, n_digits, err);
}
