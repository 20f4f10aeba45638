/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - a program of somebody else, compiled as C and, by consumer.cc, as C++: opens what
 * is no image and what does not exist, and sees both refused; asks for the version.
 */
#include <fulgurite/fulgurite.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct fgr_view *view = NULL;
    struct fgr_error error;
    if (argc != 2) {
        return 2;
    }
    if (fgr_view_open(&view, argv[0], &error) != FGR_ERR_FORMAT) {
        fprintf(stderr, "a program was taken for an image\n");
        return 1;
    }
    if (fgr_view_open(&view, "no/such/file", &error) != FGR_ERR_IO) {
        fprintf(stderr, "a missing file: %s\n", error.text);
        return 1;
    }
    if (strcmp(fgr_version(), argv[1]) != 0) {
        fprintf(stderr, "version %s, expected %s\n", fgr_version(), argv[1]);
        return 1;
    }
    return 0;
}
