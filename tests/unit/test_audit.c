/* SPDX-License-Identifier: MIT */
#include "graph/audit.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "graph/util/rng.h"
#include "tests/support/forge.h"
#include "tests/support/settings.h"
#include "tests/support/small_net.h"

#define IN_CHAN_4 "section chan of the image, element 4: "

struct image {
    void *bytes;
    size_t n_bytes;
    struct fgr_view view; /* of the bytes before they are forged */
};

static struct image make_image(uint64_t seed)
{
    struct fgr_small_net net;
    struct fgr_import_report report;
    struct fgr_error err;
    struct image image;
    fgr_small_net_make(&net, seed);
    cr_assert_eq(fgr_small_net_build(&net, &image.bytes, &image.n_bytes, &report, NULL, &err),
                 FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_image_load(&image.view, image.bytes, image.n_bytes, &err), FGR_OK);
    return image;
}

static uint32_t *u32_at(struct image *image, enum fgr_section kind, size_t i)
{
    return fgr_forge_at(image->bytes, kind, i);
}

static struct fgr_chan *chan_at(struct image *image, size_t i)
{
    return fgr_forge_at(image->bytes, FGR_SECTION_CHAN, i);
}

/* The first half-channel with just these flags. */
static struct fgr_half *half_with(struct image *image, unsigned flags)
{
    struct fgr_half *half = fgr_forge_at(image->bytes, FGR_SECTION_HALF, 0);
    while (half->flags != flags) {
        half++;
    }
    return half;
}

/* The first node with at least two usable edges in. */
static uint32_t busy_node(const struct image *image)
{
    uint32_t v = 0;
    while (image->view.in.first[v + 1] - image->view.in.first[v] < 2) {
        v++;
    }
    return v;
}

static void swap_u32(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

/* ---- one wrong number each ------------------------------------------------------------------ */

/* `value` over `width` bytes at `offset` of an element. */
static const struct {
    enum fgr_section kind;
    size_t element, offset, width;
    uint64_t value;
    const char *complaint;
} wrong_numbers[] = {
    {FGR_SECTION_NODE_ID, FGR_SMALL_NODES - 1, 0, 1, 4,
     "section node_id of the image, element 11: "},
    {FGR_SECTION_NODE_FEATURE_SET, 5, 0, 4, FGR_SMALL_SETS,
     "section node_feature_set of the image, element 5: "},
    {FGR_SECTION_NODE_CHANNELS, 0, 0, 4, 0, "section node_channels of the image, element 0: "},
    {FGR_SECTION_ALIAS_FIRST, 0, 0, 4, 1, "section alias_first of the image runs from 1"},
    {FGR_SECTION_ALIAS_FIRST, 4, 0, 4, UINT32_MAX, "section alias_first of the image, element 4: "},
    {FGR_SECTION_ALIAS_ORDER, 1, 0, 4, FGR_SMALL_NODES,
     "section alias_order of the image, element 1: no such node"},
    {FGR_SECTION_FEATURE_SET_FIRST, 2, 0, 4, UINT32_MAX,
     "section feature_set_first of the image, element 2: "},
    {FGR_SECTION_FEATURE_SET_FIRST, 2, 0, 4, 0,
     "section feature_set_first of the image, element 0: "},
    {FGR_SECTION_FEATURE_SET_FIRST, 1, 0, 4, 1, "feature set 0 of the image is not empty"},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, capacity_sat), 8, 0, IN_CHAN_4},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, capacity_sat), 8, FGR_SAT_MAX + 1, IN_CHAN_4},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, capacity_sat), 8, UINT64_MAX, IN_CHAN_4},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, node[1]), 4, FGR_SMALL_NODES, IN_CHAN_4},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, feature_set), 4, FGR_SMALL_SETS, IN_CHAN_4},
    {FGR_SECTION_CHAN, 4, offsetof(struct fgr_chan, flags), 4, 2, IN_CHAN_4},
};

/* ---- one lie each -------------------------------------------------------------------------- */

static void node_id_swapped(struct image *image)
{
    uint8_t *id = fgr_forge_at(image->bytes, FGR_SECTION_NODE_ID, 3), kept[FGR_NODE_ID_BYTES];
    memcpy(kept, id, sizeof kept);
    memcpy(id, id + FGR_NODE_ID_BYTES, sizeof kept);
    memcpy(id + FGR_NODE_ID_BYTES, kept, sizeof kept);
}

static void node_id_twice(struct image *image)
{
    uint8_t *id = fgr_forge_at(image->bytes, FGR_SECTION_NODE_ID, 3);
    memcpy(id + FGR_NODE_ID_BYTES, id, FGR_NODE_ID_BYTES);
}

static void node_channels_low(struct image *image)
{
    *u32_at(image, FGR_SECTION_NODE_CHANNELS, busy_node(image)) = 1;
}

static void node_channels_sum(struct image *image)
{
    ++*u32_at(image, FGR_SECTION_NODE_CHANNELS, 2);
}

static void alias_first_beyond(struct image *image)
{
    *u32_at(image, FGR_SECTION_ALIAS_FIRST, FGR_SMALL_NODES) += 1;
}

static void alias_too_long(struct image *image)
{
    for (size_t i = 1; i < FGR_SMALL_NODES; i++) {
        *u32_at(image, FGR_SECTION_ALIAS_FIRST, i) = 0;
    }
}

static void alias_order_swapped(struct image *image)
{
    swap_u32(u32_at(image, FGR_SECTION_ALIAS_ORDER, 0), u32_at(image, FGR_SECTION_ALIAS_ORDER, 1));
}

static void alias_order_twice(struct image *image)
{
    uint32_t *order = u32_at(image, FGR_SECTION_ALIAS_ORDER, 0);
    order[1] = order[0];
}

/* Two nodes of one alias stand by number. */
static void alias_order_of_equals(struct image *image)
{
    const struct fgr_view *view = &image->view;
    uint32_t *order = u32_at(image, FGR_SECTION_ALIAS_ORDER, 0);
    size_t i = 0;
    for (;; i++) {
        uint32_t next = view->alias_order[i + 1], first = view->alias_first[next];
        if (fgr_view_alias_cmp(view, view->alias_order[i], view->alias_bytes + first,
                               view->alias_first[next + 1] - first) == 0) {
            break;
        }
    }
    swap_u32(&order[i], &order[i + 1]);
}

/* The section ends one early; the next one begins behind the same padding. */
static void alias_order_short(struct image *image)
{
    struct fgr_image_section *section = fgr_forge_section(image->bytes, FGR_SECTION_ALIAS_ORDER);
    section->count--;
    *u32_at(image, FGR_SECTION_ALIAS_ORDER, section->count) = 0;
}

static void alias_order_without(struct image *image)
{
    uint32_t node = 0;
    while (image->view.alias_first[node] < image->view.alias_first[node + 1]) {
        node++;
    }
    *u32_at(image, FGR_SECTION_ALIAS_ORDER, 0) = node;
}

static void chan_swapped(struct image *image)
{
    uint64_t kept = chan_at(image, 4)->scid;
    chan_at(image, 4)->scid = chan_at(image, 5)->scid;
    chan_at(image, 5)->scid = kept;
}

static void chan_twice(struct image *image)
{
    chan_at(image, 4)->scid = chan_at(image, 5)->scid;
}

static void chan_loop(struct image *image)
{
    chan_at(image, 4)->node[1] = chan_at(image, 4)->node[0];
}

static void chan_reversed(struct image *image)
{
    swap_u32(&chan_at(image, 4)->node[0], &chan_at(image, 4)->node[1]);
}

static void chan_moved(struct image *image)
{
    struct fgr_chan *chan = chan_at(image, image->view.in.edge[0] / 2);
    if (chan->node[1] < FGR_SMALL_NODES - 1) {
        chan->node[1]++;
    } else {
        chan->node[1]--;
        chan->node[0] -= chan->node[0] == chan->node[1];
    }
}

static void half_unknown_not_blank(struct image *image)
{
    half_with(image, 0)->timestamp = 1;
}

static void half_disabled_but_usable(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_DISABLED)->flags |= FGR_HALF_USABLE;
}

static void half_usable_but_unknown(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->flags = FGR_HALF_USABLE;
}

static void half_flag_unknown(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->flags |= 8;
}

static void half_reserved(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->reserved = 1;
}

static void half_min_above_max(struct image *image)
{
    struct fgr_half *half = half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE);
    half->htlc_min_msat = half->htlc_max_msat + 1;
}

static void half_max_above_capacity(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->htlc_max_msat = FGR_MSAT_MAX + 1;
}

static void half_hidden(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->flags = FGR_HALF_KNOWN;
}

/* Consistent in itself, but the header and the adjacency know better. */
static void half_turned_off(struct image *image)
{
    half_with(image, FGR_HALF_KNOWN | FGR_HALF_USABLE)->flags = FGR_HALF_KNOWN | FGR_HALF_DISABLED;
}

static void half_another_turned_on(struct image *image)
{
    half_turned_off(image);
    struct fgr_half *half = half_with(image, 0);
    half->flags = FGR_HALF_KNOWN | FGR_HALF_USABLE;
}

static struct fgr_inbound *inbound_at(struct image *image, size_t i)
{
    return fgr_forge_at(image->bytes, FGR_SECTION_INBOUND, i);
}

static void inbound_high(struct image *image)
{
    inbound_at(image, 1)->edge = FGR_SMALL_HALVES;
}

static void inbound_zero(struct image *image)
{
    inbound_at(image, 1)->base_msat = 0;
    inbound_at(image, 1)->ppm = 0;
}

static void inbound_swapped(struct image *image)
{
    swap_u32(&inbound_at(image, 0)->edge, &inbound_at(image, 1)->edge);
}

static void inbound_of_unknown(struct image *image)
{
    const struct fgr_half *halves = fgr_forge_at(image->bytes, FGR_SECTION_HALF, 0);
    inbound_at(image, 0)->edge = (uint32_t)(half_with(image, 0) - halves);
}

/* Each adjacency lie is told about both directions: `kind` is the section of the incoming one. */
static enum fgr_section in_or_out(enum fgr_section kind, bool is_out)
{
    return is_out ? kind + (FGR_SECTION_OUT_FIRST - FGR_SECTION_IN_FIRST) : kind;
}

static void first_falls(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_FIRST, is_out), 3) = UINT32_MAX;
}

static void first_shifted(struct image *image, bool is_out)
{
    uint32_t v = busy_node(image);
    ++*u32_at(image, in_or_out(FGR_SECTION_IN_FIRST, is_out), v == 0 ? 1 : v);
}

static void first_not_zero(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_FIRST, is_out), 0) = 1;
}

static void first_ends_early(struct image *image, bool is_out)
{
    --*u32_at(image, in_or_out(FGR_SECTION_IN_FIRST, is_out), FGR_SMALL_NODES);
}

static void nbr_high(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_NBR, is_out), 7) = FGR_SMALL_NODES;
}

static void nbr_wrong(struct image *image, bool is_out)
{
    uint32_t *nbr = u32_at(image, in_or_out(FGR_SECTION_IN_NBR, is_out), 7);
    *nbr = (*nbr + 1) % FGR_SMALL_NODES;
}

static void edge_high(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_EDGE, is_out), 7) = FGR_SMALL_HALVES;
}

static void edge_huge(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_EDGE, is_out), 7) = UINT32_MAX;
}

static void edge_reversed(struct image *image, bool is_out)
{
    *u32_at(image, in_or_out(FGR_SECTION_IN_EDGE, is_out), 7) ^= 1;
}

/* The first of two entries that stand behind each other under one node. */
static uint32_t first_of_two(const struct image *image, bool is_out)
{
    const struct fgr_adjacency *adjacency = is_out ? &image->view.out : &image->view.in;
    uint32_t v = 0;
    while (adjacency->first[v + 1] - adjacency->first[v] < 2) {
        v++;
    }
    return adjacency->first[v];
}

static void entry_twice(struct image *image, bool is_out)
{
    uint32_t i = first_of_two(image, is_out);
    for (uint32_t kind = FGR_SECTION_IN_NBR; kind <= FGR_SECTION_IN_PPM; kind++) {
        uint32_t *entry = u32_at(image, in_or_out(kind, is_out), i);
        entry[1] = entry[0];
    }
}

/* In order, since its forged fees are higher. */
static void entry_twice_and_dearer(struct image *image, bool is_out)
{
    uint32_t i = first_of_two(image, is_out);
    entry_twice(image, is_out);
    *u32_at(image, in_or_out(FGR_SECTION_IN_PPM, is_out), i + 1) += 1;
}

static void entries_swapped(struct image *image, bool is_out)
{
    uint32_t i = first_of_two(image, is_out);
    for (uint32_t kind = FGR_SECTION_IN_NBR; kind <= FGR_SECTION_IN_PPM; kind++) {
        uint32_t *entry = u32_at(image, in_or_out(kind, is_out), i);
        swap_u32(&entry[0], &entry[1]);
    }
}

/* Equal fees, so that neighbour and edge decide. */
static void equal_entries_swapped(struct image *image, bool is_out)
{
    uint32_t i = first_of_two(image, is_out);
    uint32_t *nbr = u32_at(image, in_or_out(FGR_SECTION_IN_NBR, is_out), i);
    uint32_t *edge = u32_at(image, in_or_out(FGR_SECTION_IN_EDGE, is_out), i);
    for (uint32_t kind = FGR_SECTION_IN_BASE; kind <= FGR_SECTION_IN_PPM; kind++) {
        uint32_t *fee = u32_at(image, in_or_out(kind, is_out), i);
        fee[1] = fee[0];
    }
    if (nbr[0] < nbr[1] || (nbr[0] == nbr[1] && edge[0] < edge[1])) {
        swap_u32(&nbr[0], &nbr[1]);
        swap_u32(&edge[0], &edge[1]);
    }
}

static const struct {
    void (*tell)(struct image *image);
    const char *complaint;
} lies[] = {
    {node_id_swapped, "section node_id of the image, element 4: "},
    {node_id_twice, "section node_id of the image, element 4: "},
    {node_channels_low, "section node_channels"},
    {node_channels_sum, "does not add up"},
    {alias_first_beyond, "section alias_first of the image runs from 0"},
    {alias_too_long, "element 11: the alias is too long"},
    {alias_order_swapped, "section alias_order of the image, element 1: "},
    {alias_order_twice, "section alias_order of the image, element 1: "},
    {alias_order_of_equals, "section alias_order of the image, element"},
    {alias_order_short, "section alias_order of the image lists"},
    {alias_order_without, "section alias_order of the image, element 0: "},
    {chan_swapped, "section chan of the image, element 5: "},
    {chan_twice, "section chan of the image, element 5: "},
    {chan_loop, "section chan of the image, element 4: "},
    {chan_reversed, "section chan of the image, element 4: "},
    {chan_moved, "section in_edge of the image"},
    {half_unknown_not_blank, "section half of the image, element"},
    {half_disabled_but_usable, "section half of the image, element"},
    {half_usable_but_unknown, "section half of the image, element"},
    {half_flag_unknown, "section half of the image, element"},
    {half_reserved, "section half of the image, element"},
    {half_min_above_max, "section half of the image, element"},
    {half_max_above_capacity, "section half of the image, element"},
    {half_hidden, "section half of the image, element"},
    {half_turned_off, "usable policies, the header says"},
    {half_another_turned_on, "section in_edge of the image"},
    {inbound_high, "section inbound of the image, element 1: "},
    {inbound_zero, "section inbound of the image, element 1: "},
    {inbound_swapped, "section inbound of the image, element 1: "},
    {inbound_of_unknown, "section inbound of the image, element 0: "},
};

static const struct {
    void (*tell)(struct image *image, bool is_out);
    const char *section[2];
    const char *complaint;
} adjacency_lies[] = {
    {first_falls, {"in_first", "out_first"}, "element 3: the offset is above"},
    {first_shifted, {"in_edge", "out_edge"}, "not an edge of its node"},
    {first_not_zero, {"in_first", "out_first"}, "runs from 1"},
    {first_ends_early, {"in_first", "out_first"}, "runs from 0"},
    {nbr_high, {"in_edge", "out_edge"}, "element 7: no such edge or neighbour"},
    {nbr_wrong, {"in_edge", "out_edge"}, "element 7: not an edge of its node"},
    {edge_high, {"in_edge", "out_edge"}, "element 7: no such edge or neighbour"},
    {edge_huge, {"in_edge", "out_edge"}, "element 7: no such edge or neighbour"},
    {edge_reversed, {"in_edge", "out_edge"}, "element 7: not an edge of its node"},
    {entry_twice, {"in_edge", "out_edge"}, "out of order"},
    {entry_twice_and_dearer, {"in_edge", "out_edge"}, "twice"},
    {equal_entries_swapped, {"in_edge", "out_edge"}, "out of order"},
    {entries_swapped, {"in_edge", "out_edge"}, "out of order"},
};

static const struct {
    enum fgr_section kind;
    const char *section;
    bool is_float;
} columns[] = {
    {FGR_SECTION_IN_BASE, "in_base", false},        {FGR_SECTION_IN_PPM, "in_ppm", false},
    {FGR_SECTION_IN_INV_CAP, "in_inv_cap", true},   {FGR_SECTION_IN_MAX, "in_max", true},
    {FGR_SECTION_OUT_BASE, "out_base", false},      {FGR_SECTION_OUT_PPM, "out_ppm", false},
    {FGR_SECTION_OUT_INV_CAP, "out_inv_cap", true}, {FGR_SECTION_OUT_MAX, "out_max", true},
};

/* ---- and the audit sees it ----------------------------------------------------------------- */

/* A network with everything the lies need, which is most of them. */
enum { SEED = 8 };

static void assert_seen(struct image *image, const char *section, const char *complaint)
{
    struct fgr_view view;
    struct fgr_error err;
    fgr_forge_seal(image->bytes, image->n_bytes);
    cr_assert_eq(fgr_image_load(&view, image->bytes, image->n_bytes, &err), FGR_ERR_FORMAT,
                 "nobody saw: %s %s", section, complaint);
    cr_assert_not_null(strstr(err.text, section), "'%s' does not say '%s'", err.text, section);
    cr_assert_not_null(strstr(err.text, complaint), "'%s' does not say '%s'", err.text, complaint);
    fgr_image_free(image->bytes, image->n_bytes);
}

Test(audit, sees_every_wrong_number)
{
    for (size_t i = 0; i < sizeof wrong_numbers / sizeof *wrong_numbers; i++) {
        struct image image = make_image(SEED);
        uint8_t *element =
            fgr_forge_at(image.bytes, wrong_numbers[i].kind, wrong_numbers[i].element);
        memcpy(element + wrong_numbers[i].offset, &wrong_numbers[i].value, wrong_numbers[i].width);
        assert_seen(&image, "", wrong_numbers[i].complaint);
    }
}

Test(audit, sees_every_lie)
{
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct image image = make_image(SEED);
        lies[i].tell(&image);
        assert_seen(&image, "", lies[i].complaint);
    }
}

Test(audit, sees_every_lie_about_the_adjacency)
{
    for (size_t i = 0; i < sizeof adjacency_lies / sizeof *adjacency_lies; i++) {
        for (int is_out = 0; is_out < 2; is_out++) {
            struct image image = make_image(SEED);
            adjacency_lies[i].tell(&image, is_out);
            assert_seen(&image, adjacency_lies[i].section[is_out], adjacency_lies[i].complaint);
        }
    }
}

Test(audit, sees_every_column_that_is_no_bound)
{
    static const uint32_t bits[] = {0xff800000, 0xffffffff, 0x80000000, 0xbf800000,
                                    0x7f800000, 0x7fc00000, 0x7f800001};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        for (size_t k = 0; k < (columns[i].is_float ? 7 : 4); k++) {
            struct image image = make_image(SEED);
            *u32_at(&image, columns[i].kind, 9) = bits[k];
            assert_seen(&image, columns[i].section, "element 9: negative or not a number");
        }
    }
}

/* A border moved by one gives an edge to the node before or behind, whatever the order there. */
Test(audit, sees_every_border_that_moved)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        for (uint32_t v = 1; v < FGR_SMALL_NODES; v++) {
            for (int step = -1; step <= 1; step += 2) {
                for (int is_out = 0; is_out < 2; is_out++) {
                    struct image image = make_image(seed);
                    *u32_at(&image, in_or_out(FGR_SECTION_IN_FIRST, is_out), v) += (uint32_t)step;
                    assert_seen(&image, is_out ? "section out_" : "section in_", "");
                }
            }
        }
    }
}

/* Moves channels from one node's count to another's, so that the sum stays. */
static void assert_count_seen(uint64_t seed, uint32_t v, uint32_t count)
{
    struct image image = make_image(seed);
    uint32_t *counts = u32_at(&image, FGR_SECTION_NODE_CHANNELS, 0);
    uint32_t n_moved = counts[v] - count;
    counts[v] = count;
    counts[(v + 1) % FGR_SMALL_NODES] += n_moved;
    assert_seen(&image, "section node_channels", "fewer channels than the node has");
}

Test(audit, sees_every_count_that_is_too_low)
{
    unsigned n_in = 0, n_out = 0, n_zero = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct image image = make_image(seed);
        for (uint32_t v = 0; v < FGR_SMALL_NODES; v++) {
            uint32_t in = image.view.in.first[v + 1] - image.view.in.first[v];
            uint32_t out = image.view.out.first[v + 1] - image.view.out.first[v];
            uint32_t most = in > out ? in : out;
            assert_count_seen(seed, v, most > 0 ? most - 1 : 0);
            n_in += in > out + 1;
            n_out += out > in + 1;
            n_zero += most == 0;
        }
        fgr_image_free(image.bytes, image.n_bytes);
    }
    cr_assert(n_in > 0 && n_out > 0 && n_zero > 0, "every reason alone: %u %u %u", n_in, n_out,
              n_zero);
}

/* ---- and nothing leads astray -------------------------------------------------------------- */

/* Random words in random places, sealed: refused, or harmless to a reader that trusts the view.
 * The sanitizers watch the reader. */
static uint64_t walk(const struct fgr_view *view)
{
    uint64_t sum = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        struct fgr_node_info info;
        cr_assert_eq(fgr_view_node(view, &info, (fgr_node_idx){v}), FGR_OK);
        for (uint32_t i = 0; i < info.alias_len; i++) {
            sum += info.alias[i];
        }
        for (uint32_t i = 0; i < info.features_len; i++) {
            sum += info.features[i];
        }
        for (uint32_t i = view->in.first[v]; i < view->in.first[v + 1]; i++) {
            sum += view->node_id[view->in.nbr[i]] + view->half[view->in.edge[i]].ppm;
            cr_assert_eq(fgr_view_edge_to(view, view->in.edge[i]), v);
            cr_assert_eq(fgr_view_edge_from(view, view->in.edge[i]), view->in.nbr[i]);
        }
    }
    return sum;
}

Test(audit, random_forgeries_are_refused_or_harmless)
{
    struct fgr_rng rng;
    struct image image = make_image(SEED);
    void *copy = malloc(image.n_bytes);
    unsigned n_refused = 0, n_rounds = (unsigned)(20000 * fgr_settings_scale());
    uint64_t sum = 0;
    cr_assert_not_null(copy);
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    for (unsigned round = 0; round < n_rounds; round++) {
        struct fgr_view view;
        memcpy(copy, image.bytes, image.n_bytes);
        for (uint64_t n = 1 + fgr_rng_below(&rng, 2); n > 0; n--) {
            uint32_t word = (uint32_t)fgr_rng_next(&rng);
            word >>= fgr_rng_below(&rng, 32);
            memcpy((uint8_t *)copy + 4 * fgr_rng_below(&rng, image.n_bytes / 4), &word, 4);
        }
        fgr_forge_seal(copy, image.n_bytes);
        if (fgr_image_load(&view, copy, image.n_bytes, NULL) == FGR_OK) {
            sum += walk(&view);
        } else {
            n_refused++;
        }
    }
    cr_assert_gt(sum, 0);
    cr_assert_gt(n_refused, n_rounds / 4);
    cr_assert_lt(n_refused, n_rounds);
    free(copy);
    fgr_image_free(image.bytes, image.n_bytes);
}
