/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - a program of somebody else, compiled as C and, by consumer.cc, as C++: imports a
 * network of three nodes in the folder it runs in, asks for the only route and knows its fee.
 */
#include <fulgurite/fulgurite.h>

#include <stdio.h>
#include <string.h>

/* 1, 2 and 3 times the generator of secp256k1. */
static const char nodes_csv[] =
    "node_index,node_id\n"
    "0,0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798\n"
    "1,02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5\n"
    "2,02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9\n";
static const char channels_csv[] =
    "scid,source_node_index,dest_node_index,capacity_sat,htlc_min_msat,htlc_max_msat,"
    "base_fee_msat,fee_ppm,cltv_delta,enabled\n"
    "100x1x0,0,1,1000000,1,990000000,1000,200,40,1\n"
    "200x1x0,1,2,1000000,1,990000000,1000,100,40,1\n";

static int write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return 0;
    }
    int is_written = fputs(text, file) >= 0;
    return fclose(file) == 0 && is_written;
}

/* The route from the first to the third node for 100 000 sat, checked; its fee, or 0. */
static uint64_t fee_of_the_route(const struct fgr_view *view, struct fgr_error *err)
{
    struct fgr_scratch *scratch = NULL;
    struct fgr_route_query query;
    struct fgr_route route;
    fgr_node_idx from, to;
    fgr_msat amount = {100000000};
    uint64_t fee_msat = 0;
    if (fgr_view_find_node(view, &from, "0279be667ef9dcbb", err) != FGR_OK ||
        fgr_view_find_node(view, &to, "02f9308a019258c3", err) != FGR_OK ||
        fgr_scratch_create(&scratch, view, NULL, err) != FGR_OK) {
        return 0;
    }
    fgr_route_query_init(&query, from, to, amount);
    if (fgr_route(scratch, &route, NULL, view, &query, err) == FGR_OK &&
        fgr_route_check(view, &query, &route, err) == FGR_OK) {
        fee_msat = route.fee.v;
    }
    fgr_scratch_destroy(scratch);
    return fee_msat;
}

int main(int argc, char **argv)
{
    struct fgr_view *view = NULL;
    struct fgr_import_options options;
    struct fgr_error error;
    memset(&error, 0, sizeof error);
    memset(&options, 0, sizeof options);
    options.sz = sizeof options;
    options.nodes_path = "nodes.csv";
    if (argc != 2 || strcmp(fgr_version(), argv[1]) != 0) {
        fprintf(stderr, "linked with version %s\n", fgr_version());
        return 1;
    }
    if (!write_file("nodes.csv", nodes_csv) || !write_file("channels.csv", channels_csv) ||
        fgr_import("channels.csv", "network.fgr", &options, NULL, &error) != FGR_OK ||
        fgr_view_open(&view, "network.fgr", &error) != FGR_OK) {
        fprintf(stderr, "no view: %s\n", error.text);
        return 1;
    }
    uint64_t fee_msat = fee_of_the_route(view, &error);
    fgr_view_close(view);
    if (fee_msat != 11000) { /* 1 000 msat and 100 ppm, asked by the node in the middle */
        fprintf(stderr, "fee %u msat, expected 11000: %s\n", (unsigned)fee_msat, error.text);
        return 1;
    }
    return 0;
}
