/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what all subcommands share: exit statuses, messages, standard streams, opening an image.
 *
 * Data goes to standard output, words go to standard error as one line "fgr route: ...". What can
 * be judged from the command line alone is a usage error (2); what needs a file to judge, or the
 * system refuses, is bad input (3).
 *
 * Threads: one thread, that of main.
 */
#ifndef FGR_TOOLS_CLI_H
#define FGR_TOOLS_CLI_H

#include <argp.h>
#include <stdio.h>

#include "fulgurite/base.h"

#define FGR_CLI_THREADS_MAX 1024

#define FGR_CLI_BOLD "\033[1m"
#define FGR_CLI_GREEN "\033[32m"
#define FGR_CLI_PLAIN "\033[0m"

struct fgr_json_writer;
struct fgr_view;

enum fgr_exit {
    FGR_EXIT_OK = 0,
    FGR_EXIT_NO_ROUTE = 1,
    FGR_EXIT_USAGE = 2,
    FGR_EXIT_INPUT = 3,
    FGR_EXIT_INTERNAL = 4
};

/* Standard streams, signals and locale as every subcommand wants them. From then on, exit reports
 * what could not be written to standard output. `name` stands in messages and, with dashes for
 * spaces, in --version; it is kept, and may change until exit. */
void fgr_cli_init(char *name);

/* Hands options and arguments to the parser of `argp`, whose state has only `input`. Ends the process
 * after --help and --version, and after a message where an option is unknown, has no value that it
 * needs or has one that it does not take. Once in a process. */
void fgr_cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Prints one line, made safe for a terminal, and returns `status`. */
enum fgr_exit fgr_cli_fail(enum fgr_exit status, const char *format, ...) FGR_PRINTF(2, 3);

/* The same for an error of the library. */
enum fgr_exit fgr_cli_fail_error(const struct fgr_error *err);

/* The same for arguments that do not fit the grammar: adds where to read it. */
enum fgr_exit fgr_cli_fail_usage(const char *format, ...) FGR_PRINTF(1, 2);

/* Colours are wanted: a terminal, and the user did not say no (NO_COLOR, https://no-color.org). */
bool fgr_cli_has_color(FILE *file);

/* Writes to standard output at once, past stdio. OK, or INPUT after a message. */
enum fgr_exit fgr_cli_write(const void *bytes, size_t n_bytes);

/* Ends the line that `json` holds, writes it to `file` and releases the writer. */
enum fgr_exit fgr_cli_print_json(struct fgr_json_writer *json, FILE *file);

/* An open image; `bytes` only where it came through standard input. */
struct fgr_cli_image {
    struct fgr_view *view;
    void *bytes;
};

/* Opens the image at `path` ("-" is standard input). `option` names where a path was expected. */
enum fgr_exit fgr_cli_open_image(struct fgr_cli_image *out_image, const char *path,
                                 const char *option);
void fgr_cli_close_image(struct fgr_cli_image *image);

#endif
