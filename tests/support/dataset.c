/* SPDX-License-Identifier: MIT */
#include "tests/support/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/util/error.h"
#include "graph/curve.h"

#define SNAPSHOT "mainnet-2026-02-03.gossip_store.zst"
#define BUNDLED FGR_SOURCE_DIR "/datasets/synth-mainnet.fgr.zst"

bool fgr_dataset_find(char out_path[FGR_DATASET_PATH_BYTES], const char *name)
{
    const char *folder = getenv("FGR_SHARED_DATA");
    int n = snprintf(out_path, FGR_DATASET_PATH_BYTES, "%s/%s",
                     folder != NULL ? folder : FGR_SOURCE_DIR "/../shared/data", name);
    return n > 0 && n < FGR_DATASET_PATH_BYTES && access(out_path, R_OK) == 0;
}

bool fgr_dataset_source(struct fgr_dataset *out_dataset)
{
    *out_dataset = (struct fgr_dataset){.view = NULL};
    if (fgr_dataset_find(out_dataset->path, SNAPSHOT)) {
        out_dataset->is_snapshot = true;
        return true;
    }
    snprintf(out_dataset->path, sizeof out_dataset->path, "%s", BUNDLED);
    return access(out_dataset->path, R_OK) == 0;
}

bool fgr_dataset_temporary(char out_path[FGR_DATASET_PATH_BYTES], struct fgr_error *err)
{
    const char *folder = getenv("TMPDIR");
    int n = snprintf(out_path, FGR_DATASET_PATH_BYTES, "%s/fgr-XXXXXX",
                     folder != NULL ? folder : "/tmp");
    int fd = n > 0 && n < FGR_DATASET_PATH_BYTES ? mkstemp(out_path) : -1;
    if (fd < 0) {
        fgr_fail(err, FGR_ERR_IO, "%s: no temporary file can be made", out_path);
        return false;
    }
    close(fd);
    return true;
}

enum fgr_err fgr_dataset_open(struct fgr_dataset *out_dataset, struct fgr_error *err)
{
    if (!fgr_dataset_source(out_dataset)) {
        return fgr_fail(err, FGR_ERR_UNKNOWN, "neither the snapshot of 2026-02-03 nor %s is there",
                        BUNDLED);
    }
    char image[FGR_DATASET_PATH_BYTES];
    if (!fgr_dataset_temporary(image, err)) {
        return FGR_ERR_IO;
    }
    enum fgr_err code = fgr_import(out_dataset->path, image, NULL, NULL, err);
    if (code == FGR_OK) {
        code = fgr_view_open(&out_dataset->view, image, err);
    }
    unlink(image);
    return code;
}

void fgr_dataset_close(struct fgr_dataset *dataset)
{
    fgr_view_close(dataset->view);
    dataset->view = NULL;
}

uint32_t fgr_dataset_node(const struct fgr_view *view, uint64_t number)
{
    uint8_t secret[32];
    uint8_t id[FGR_NODE_ID_BYTES];
    fgr_node_idx node;
    memset(secret, 1, sizeof secret);
    for (unsigned i = 0; i < 8; i++) {
        secret[i] = (uint8_t)(number >> (8 * i));
    }
    if (!fgr_curve_derive(id, secret) || fgr_view_find_id(view, &node, id) != FGR_OK) {
        return FGR_IDX_NONE;
    }
    return node.v;
}
