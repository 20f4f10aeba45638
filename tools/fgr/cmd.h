/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the subcommands. Each gets the arguments from its own name on, and returns an exit
 * status.
 *
 * Threads: one thread, that of main.
 */
#ifndef FGR_TOOLS_CMD_H
#define FGR_TOOLS_CMD_H

#include "tools/fgr/cli.h"

enum fgr_exit fgr_cmd_import(int argc, char **argv);
enum fgr_exit fgr_cmd_info(int argc, char **argv);
enum fgr_exit fgr_cmd_route(int argc, char **argv);
enum fgr_exit fgr_cmd_split(int argc, char **argv);
enum fgr_exit fgr_cmd_capacity(int argc, char **argv);
enum fgr_exit fgr_cmd_batch(int argc, char **argv);
enum fgr_exit fgr_cmd_synth(int argc, char **argv);
enum fgr_exit fgr_cmd_gossip(int argc, char **argv);

#endif
