/* SPDX-License-Identifier: MIT */
/*
 * replay.c - the driver of a fuzz target in builds without libFuzzer: runs every file of the
 * folders it is given, each from its own exact-size allocation so that the sanitizers see an
 * overrun by one. Fails if there is nothing to run.
 *
 * Threads: one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_file(const char *path, uint8_t **out_data, size_t *out_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    *out_data = size < 0 ? NULL : malloc(size > 0 ? (size_t)size : 1);
    *out_size = size < 0 ? 0 : (size_t)size;
    bool is_read = *out_data != NULL && fread(*out_data, 1, *out_size, file) == *out_size;
    fclose(file);
    if (!is_read) {
        free(*out_data);
    }
    return is_read;
}

/* Returns the number of inputs run, or -1 with a message. */
static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int n_entries = scandir(folder, &entries, NULL, alphasort);
    if (n_entries < 0) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return -1;
    }
    int n_inputs = 0;
    for (int i = 0; i < n_entries; i++) {
        char path[4096];
        uint8_t *data;
        size_t size;
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_type == DT_DIR || n_inputs < 0) {
            /* "." and "..", or an earlier failure */
        } else if (!read_file(path, &data, &size)) {
            fprintf(stderr, "%s: %s\n", path, strerror(errno));
            n_inputs = -1;
        } else {
            LLVMFuzzerTestOneInput(data, size);
            free(data);
            n_inputs++;
        }
        free(entries[i]);
    }
    free(entries);
    return n_inputs;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n_inputs = replay_folder(argv[i]);
        if (n_inputs <= 0) {
            printf("not ok - %s: no inputs replayed\n", argv[i]);
            return 1;
        }
        printf("ok - %s: %d inputs\n", argv[i], n_inputs);
    }
    return argc > 1 ? 0 : 2;
}
