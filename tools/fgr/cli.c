/* SPDX-License-Identifier: MIT */
#include "tools/fgr/cli.h"

#include "fulgurite/graph.h"
#include "graph/import/image_input.h"
#include "graph/util/error.h"
#include "graph/util/json.h"
#include "tools/fgr/text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

void fgr_cli_init(char *name)
{
    program_invocation_name = name;
    occupy_closed_streams();
    signal(SIGPIPE, SIG_IGN);
    /* Aliases are UTF-8 whatever the user's language; numbers stay as in C. */
    setlocale(LC_CTYPE, "C.UTF-8");
    if (atexit(close_stdout) != 0) {
        _exit(FGR_EXIT_INTERNAL);
    }
}

/* ---- options ------------------------------------------------------------------------------- */

/*
 * argp describes the options (--help) and getopt reads them. argp would read them too, but it tells
 * a mistake in two lines, with the user's bytes as they are, and adds options of its own.
 */
enum { OPTIONS_MAX = 40, NEAR_LETTERS = 2 };

/* getopt answers '?' to what it does not know: --help needs another key, and -? is not known. */
enum { OPTION_HELP = 1000 };

/* What every subcommand has. */
static const struct argp_option common_options[] = {
    {"help", '?', NULL, 0, "print this help", -1},
    {"version", 'V', NULL, 0, "print the version", -1},
    {0},
};

/* All options of a subcommand, as argp and as getopt know them. */
struct option_table {
    size_t n;
    const struct argp_option *described[OPTIONS_MAX];
    struct option options[OPTIONS_MAX + 1];
    size_t n_letters;
    char letters[2 * OPTIONS_MAX + 3];
};

static void add_options(struct option_table *table, const struct argp_option *options)
{
    for (; options->name != NULL && table->n < OPTIONS_MAX; options++) {
        bool has_value = options->arg != NULL;
        int key = options->key == '?' ? OPTION_HELP : options->key;
        table->described[table->n] = options;
        table->options[table->n++] =
            (struct option){options->name, has_value ? required_argument : no_argument, NULL, key};
        if (key < 128) {
            table->letters[table->n_letters++] = (char)key;
            table->letters[table->n_letters] = has_value ? ':' : '\0';
            table->n_letters += has_value;
        }
    }
}

static const struct argp_option *find_option(const struct option_table *table, int key)
{
    for (size_t i = 0; i < table->n; i++) {
        if (table->options[i].val == key) {
            return table->described[i];
        }
    }
    return NULL;
}

/* `name` is the start of several options, of none, or has letters too many or wrong. */
static enum fgr_exit fail_long(const struct option_table *table, const char *name)
{
    char wrong[41];
    char several[200] = "";
    size_t n_several = 0;
    const char *nearest = table->options[0].name;
    snprintf(wrong, sizeof wrong, "%.*s", (int)strcspn(name, "="), name);
    for (size_t i = 0; i < table->n; i++) {
        const char *option = table->options[i].name;
        if (fgr_text_distance(wrong, option) < fgr_text_distance(wrong, nearest)) {
            nearest = option;
        }
        if (strncmp(option, wrong, strlen(wrong)) == 0) {
            size_t n = strlen(several);
            snprintf(several + n, sizeof several - n, "%s--%s", n_several > 0 ? ", " : "", option);
            n_several++;
        }
    }
    if (n_several > 1) {
        return fgr_cli_fail_usage("'--%s' begins several options: %s", wrong, several);
    }
    if (fgr_text_distance(wrong, nearest) <= NEAR_LETTERS) {
        return fgr_cli_fail_usage("unknown option '--%s': the nearest is '--%s'", wrong, nearest);
    }
    return fgr_cli_fail_usage("unknown option '--%s'", wrong);
}

/* What is wrong with `word`, where getopt answered ':' or '?' and left `key` in optopt. */
static enum fgr_exit fail_option(const struct option_table *table, const char *word, int key,
                                 bool is_value_missing)
{
    const struct argp_option *option = find_option(table, key);
    if (option != NULL) {
        return is_value_missing
                   ? fgr_cli_fail_usage("--%s needs a value: %s", option->name, option->arg)
                   : fgr_cli_fail_usage("--%s takes no value", option->name);
    }
    if (key == 0) {
        return fail_long(table, word + 2);
    }
    if (strspn(word + 1, "0123456789.") > 0) { /* an amount that getopt takes for an option */
        return fgr_cli_fail_usage("'%.40s' is negative", word);
    }
    return fgr_cli_fail_usage("unknown option '-%c'", key);
}

static void print_version(void)
{
    for (const char *c = program_invocation_name; *c != '\0'; c++) {
        putchar(*c == ' ' ? '-' : *c);
    }
    printf(" (fulgurite) %s\n", fgr_version());
}

static void print_help(const struct argp *argp)
{
    const struct argp common = {.options = common_options};
    const struct argp_child children[] = {{argp, 0, NULL, 0}, {&common, 0, NULL, -1}, {0}};
    const struct argp all = {.children = children};
    argp_help(&all, stdout, ARGP_HELP_STD_HELP, program_invocation_name);
}

void fgr_cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    struct argp_state state = {.input = input};
    /* "-": arguments in their turn; ":": that is the answer where a value is missing. */
    struct option_table table = {.letters = "-:", .n_letters = 2};
    add_options(&table, argp->options);
    add_options(&table, common_options);
    for (;;) {
        const char *word = argv[optind];
        int key = getopt_long(argc, argv, table.letters, table.options, NULL);
        if (key == -1) {
            break;
        }
        if (key == OPTION_HELP || (key == '?' && optopt == '?')) {
            print_help(argp);
            exit(FGR_EXIT_OK);
        }
        if (key == ':' || key == '?') {
            exit((int)fail_option(&table, word, optopt, key == ':'));
        }
        if (key == 'V') {
            print_version();
            exit(FGR_EXIT_OK);
        }
        argp->parser(key == 1 ? ARGP_KEY_ARG : key, optarg, &state);
    }
    for (; optind < argc; optind++) { /* after "--" */
        argp->parser(ARGP_KEY_ARG, argv[optind], &state);
    }
}

/* ---- messages ------------------------------------------------------------------------------ */

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
    case FGR_ERR_GAP:
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

/* ---- streams and images -------------------------------------------------------------------- */

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

/* All of standard input, or as much as shows that it is no image: it may never end. */
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
        n += got > 0 ? (size_t)got : 0;
        if (got == 0 || n >= fgr_image_input_bytes_max((const uint8_t *)bytes, n)) {
            *out_bytes = bytes;
            *out_n_bytes = n;
            return FGR_OK;
        }
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
    if (path == NULL || *path == '\0') {
        return fgr_cli_fail_usage("%s is missing: the image to read", option);
    }
    enum fgr_err code = open_image(out_image, path, &err);
    if (code == FGR_OK) {
        return FGR_EXIT_OK;
    }
    if (code == FGR_ERR_FORMAT) {
        return fgr_cli_fail(FGR_EXIT_INPUT, "%s%s; make an image with 'fgr import FILE -o G.fgr'",
                            strcmp(path, "-") == 0 ? "standard input: " : "", err.text);
    }
    return fgr_cli_fail_error(&err);
}

void fgr_cli_close_image(struct fgr_cli_image *image)
{
    fgr_view_close(image->view);
    free(image->bytes);
}
