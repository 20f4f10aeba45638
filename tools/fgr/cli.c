/* SPDX-License-Identifier: MIT */
#include "tools/fgr/cli.h"

#include "fulgurite/graph.h"
#include "graph/util/error.h"
#include "graph/util/json.h"
#include "tools/fgr/text.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES 768

/* Reads standard input in pieces of at least this size. */
#define STDIN_BYTES ((size_t)1 << 20)

/* A file that is opened while standard output is closed would get its number, and what is printed
 * would end in that file. So all three are opened, the wrong way round: using them still fails. */
static void occupy_closed_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
            int got = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
            if (got != fd) {
                _exit(FGR_EXIT_INTERNAL);
            }
        }
    }
}

/* At exit: what stdio still holds goes out, or the failure is told and the status says so. */
static void close_stdout(void)
{
    bool had_error = ferror(stdout) != 0;
    if (fclose(stdout) != 0 || had_error) {
        fgr_cli_fail(FGR_EXIT_INPUT, "cannot write standard output: %s",
                     errno == 0 ? "an earlier write failed" : strerror(errno));
        _exit(FGR_EXIT_INPUT);
    }
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    for (const char *c = program_invocation_name; *c != '\0'; c++) {
        fputc(*c == ' ' ? '-' : *c, stream);
    }
    fprintf(stream, " (fulgurite) %s\n", fgr_version());
}

void fgr_cli_init(char *name)
{
    program_invocation_name = name;
    occupy_closed_streams();
    signal(SIGPIPE, SIG_IGN);
    /* Aliases are UTF-8 whatever the user's language; numbers stay as in C. */
    setlocale(LC_CTYPE, "C.UTF-8");
    argp_err_exit_status = FGR_EXIT_USAGE;
    argp_program_version_hook = print_version;
    if (atexit(close_stdout) != 0) {
        _exit(FGR_EXIT_INTERNAL);
    }
}

void fgr_cli_parse(const struct argp *argp, int argc, char **argv, void *state)
{
    error_t code = argp_parse(argp, argc, argv, 0, NULL, state);
    if (code != 0) {
        exit((int)fgr_cli_fail(FGR_EXIT_INTERNAL, "cannot read the options: %s", strerror(code)));
    }
}

static void print_line(const char *message)
{
    char clean[FGR_TEXT_CLEAN_BYTES(MESSAGE_BYTES)];
    fgr_text_clean(clean, sizeof clean, message, strlen(message));
    fprintf(stderr, "%s: %s\n", program_invocation_name, clean);
}

enum fgr_exit fgr_cli_fail(enum fgr_exit status, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    print_line(message);
    return status;
}

enum fgr_exit fgr_cli_fail_error(const struct fgr_error *err)
{
    print_line(err->text);
    switch (err->code) {
    case FGR_OK:
    case FGR_ERR_MEMORY:
    case FGR_ERR_WORK:
    case FGR_ERR_CHECK:
        return FGR_EXIT_INTERNAL;
    case FGR_ERR_ARG:
        return FGR_EXIT_USAGE;
    case FGR_ERR_NO_ROUTE:
        return FGR_EXIT_NO_ROUTE;
    case FGR_ERR_IO:
    case FGR_ERR_FORMAT:
    case FGR_ERR_LIMIT:
    case FGR_ERR_UNKNOWN:
    case FGR_ERR_AMBIGUOUS:
        break;
    }
    return FGR_EXIT_INPUT;
}

enum fgr_exit fgr_cli_fail_usage(const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return fgr_cli_fail(FGR_EXIT_USAGE, "%s; see '%s --help'", message, program_invocation_name);
}

bool fgr_cli_has_color(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(fileno(file)) == 1;
}

enum fgr_exit fgr_cli_write(const void *bytes, size_t n_bytes)
{
    const char *next = bytes;
    while (n_bytes > 0) {
        ssize_t n = write(STDOUT_FILENO, next, n_bytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fgr_cli_fail(FGR_EXIT_INPUT, "cannot write standard output: %s",
                                strerror(errno));
        }
        next += n;
        n_bytes -= (size_t)n;
    }
    return FGR_EXIT_OK;
}

enum fgr_exit fgr_cli_print_json(struct fgr_json_writer *json, FILE *file)
{
    struct fgr_error err;
    enum fgr_exit status = FGR_EXIT_OK;
    fgr_json_end_line(json);
    if (fgr_json_status(json, &err) == FGR_OK) {
        fwrite(json->text, 1, json->n_bytes, file); /* a failure is told at exit */
    } else {
        status = fgr_cli_fail_error(&err);
    }
    fgr_json_writer_deinit(json);
    return status;
}

/* All of standard input. */
static enum fgr_err read_stdin(void **out_bytes, size_t *out_n_bytes, struct fgr_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    for (size_t cap = 0;;) {
        if (cap - n < STDIN_BYTES) {
            cap = cap * 2 + STDIN_BYTES;
            char *more = realloc(bytes, cap);
            if (more == NULL) {
                free(bytes);
                return fgr_fail_memory(err, cap);
            }
            bytes = more;
        }
        ssize_t got = read(STDIN_FILENO, bytes + n, cap - n);
        if (got < 0 && errno != EINTR) {
            free(bytes);
            return fgr_fail(err, FGR_ERR_IO, "cannot read standard input: %s", strerror(errno));
        }
        if (got == 0) {
            *out_bytes = bytes;
            *out_n_bytes = n;
            return FGR_OK;
        }
        n += got > 0 ? (size_t)got : 0;
    }
}

static enum fgr_err open_image(struct fgr_cli_image *image, const char *path, struct fgr_error *err)
{
    if (strcmp(path, "-") != 0) {
        return fgr_view_open(&image->view, path, err);
    }
    size_t n_bytes = 0;
    enum fgr_err code = read_stdin(&image->bytes, &n_bytes, err);
    if (code != FGR_OK) {
        return code;
    }
    code = fgr_view_open_memory(&image->view, image->bytes, n_bytes, err);
    if (code != FGR_OK) {
        free(image->bytes);
    }
    return code;
}

enum fgr_exit fgr_cli_open_image(struct fgr_cli_image *out_image, const char *path,
                                 const char *option)
{
    struct fgr_error err;
    *out_image = (struct fgr_cli_image){0};
    if (path == NULL) {
        return fgr_cli_fail_usage("%s is missing: the image to read", option);
    }
    enum fgr_err code = open_image(out_image, path, &err);
    if (code == FGR_OK) {
        return FGR_EXIT_OK;
    }
    if (code == FGR_ERR_FORMAT) {
        return fgr_cli_fail(FGR_EXIT_INPUT, "%s; make an image with 'fgr import FILE -o G.fgr'",
                            err.text);
    }
    return fgr_cli_fail_error(&err);
}

void fgr_cli_close_image(struct fgr_cli_image *image)
{
    fgr_view_close(image->view);
    free(image->bytes);
}
