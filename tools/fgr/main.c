/* SPDX-License-Identifier: MIT */
/*
 * fgr: one command with subcommands, like git. Finds the subcommand and hands over.
 */
#include "tools/fgr/cmd.h"

#include "tools/fgr/text.h"

#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 32

struct command {
    const char *name;
    enum fgr_exit (*run)(int argc, char **argv);
    const char *summary;
};

static const struct command commands[] = {
    {"import", fgr_cmd_import, "turn a network snapshot into an image"},
    {"info", fgr_cmd_info, "describe an image: size, capacity, policies, degrees, components"},
    {"route", fgr_cmd_route, "find the best route for one payment, with its proof"},
    {"split", fgr_cmd_split, "split one payment into the best set of parts, with its proof"},
    {"capacity", fgr_cmd_capacity, "find how much can be delivered, and what stops the rest"},
    {"batch", fgr_cmd_batch, "answer a file of queries on several threads"},
    {"synth", fgr_cmd_synth, "generate a network that looks like mainnet"},
    {"gossip", fgr_cmd_gossip, "prove signed messages, publish and follow them in a Redis stream"},
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static void print_help(FILE *file)
{
    fputs("Usage: fgr COMMAND [OPTION...] [ARGUMENT...]\n"
          "Find the best payment route on a snapshot of the Lightning Network, and prove it.\n"
          "\n"
          "Commands:\n",
          file);
    for (size_t i = 0; i < N_COMMANDS; i++) {
        fprintf(file, "  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("  help     show this text, or the help of a command\n"
          "\n"
          "Options:\n"
          "  -?, --help     show this text\n"
          "  -V, --version  print the version\n"
          "\n"
          "Exit status: 0 ok, 1 no route, 2 usage, 3 bad input, 4 internal error.\n"
          "\n"
          "Examples:\n"
          "  fgr import gossip_store -o mainnet.fgr\n"
          "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 250000sat\n"
          "  fgr route --help\n",
          file);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static enum fgr_exit fail_unknown(const char *name)
{
    const struct command *nearest = &commands[0];
    for (size_t i = 1; i < N_COMMANDS; i++) {
        if (fgr_text_distance(name, commands[i].name) < fgr_text_distance(name, nearest->name)) {
            nearest = &commands[i];
        }
    }
    if (fgr_text_distance(name, nearest->name) <= 2) {
        return fgr_cli_fail(FGR_EXIT_USAGE,
                            "'%.40s' is not a command: did you mean '%s'? See 'fgr help'", name,
                            nearest->name);
    }
    if (name[0] == '-') {
        return fgr_cli_fail(FGR_EXIT_USAGE,
                            "unknown option '%.40s': options stand behind the command, see "
                            "'fgr help'",
                            name);
    }
    return fgr_cli_fail(FGR_EXIT_USAGE, "'%.40s' is not a command: see 'fgr help'", name);
}

/* `title` becomes the name in messages, "fgr route". */
static enum fgr_exit run_command(char title[NAME_BYTES], const char *name, int argc, char **argv)
{
    const struct command *command = find_command(name);
    if (command == NULL) {
        return fail_unknown(name);
    }
    snprintf(title, NAME_BYTES, "fgr %s", command->name);
    argv[0] = title;
    return command->run(argc, argv);
}

static bool is_any_of(const char *text, const char *one, const char *two, const char *three)
{
    return strcmp(text, one) == 0 || strcmp(text, two) == 0 || strcmp(text, three) == 0;
}

int main(int argc, char **argv)
{
    char title[NAME_BYTES] = "fgr";
    char help_option[] = "--help";
    fgr_cli_init(title);
    if (argc < 2) {
        print_help(stderr);
        return FGR_EXIT_USAGE;
    }
    enum fgr_exit status = FGR_EXIT_OK;
    bool is_help = is_any_of(argv[1], "--help", "-?", "help");
    if (is_any_of(argv[1], "--version", "-V", "version")) {
        printf("fgr (fulgurite) %s\n", fgr_version());
    } else if (is_help && (argc == 2 || strcmp(argv[2], "help") == 0)) {
        print_help(stdout);
    } else if (is_help) {
        char *help_argv[] = {argv[2], help_option, NULL};
        status = run_command(title, argv[2], 2, help_argv);
    } else {
        status = run_command(title, argv[1], argc - 1, argv + 1);
    }
    /* Not return: what exit has to say still needs the title. */
    exit((int)status);
}
