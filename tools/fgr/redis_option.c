/* SPDX-License-Identifier: MIT */
#include "tools/fgr/redis_option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/util/error.h"

/* Reads the whole file; what others could read is no secret. */
static enum fgr_err read_file(char out_text[FGR_REDIS_OPTION_BYTES], const char *path,
                              struct fgr_error *err)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return fgr_fail(err, FGR_ERR_IO, "cannot open %s: %s", fgr_path_shown(path),
                        strerror(errno));
    }
    enum fgr_err code = FGR_OK;
    size_t n = fread(out_text, 1, FGR_REDIS_OPTION_BYTES, file);
    if (ferror(file)) {
        code = fgr_fail(err, FGR_ERR_IO, "cannot read %s", fgr_path_shown(path));
    } else if (fstat(fileno(file), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        code = fgr_fail(err, FGR_ERR_ARG,
                        "everybody on the machine can read the password in %s: chmod o-r",
                        fgr_path_shown(path));
    } else if (n == FGR_REDIS_OPTION_BYTES || memchr(out_text, '\0', n) != NULL) {
        code = fgr_fail(err, FGR_ERR_FORMAT, "%s is no file of one or two lines",
                        fgr_path_shown(path));
    }
    out_text[n < FGR_REDIS_OPTION_BYTES ? n : 0] = '\0';
    fclose(file);
    return code;
}

/* Cuts the text into its lines. */
static enum fgr_err split_login(struct fgr_redis_option *out, const char *path,
                                struct fgr_error *err)
{
    char *lines[2] = {NULL, NULL};
    size_t n_lines = 0;
    char *rest = out->login;
    char *line;
    while ((line = strsep(&rest, "\n")) != NULL && (rest != NULL || *line != '\0')) {
        if (n_lines == 2) {
            return fgr_fail(err, FGR_ERR_FORMAT, "%s has more than two lines: user and password",
                            fgr_path_shown(path));
        }
        lines[n_lines++] = line;
    }
    if (n_lines == 0) {
        return fgr_fail(err, FGR_ERR_FORMAT,
                        "%s is empty: one line, the password, or two, user and "
                        "password",
                        fgr_path_shown(path));
    }
    out->server.user = n_lines == 2 ? lines[0] : NULL;
    out->server.password = lines[n_lines - 1];
    return FGR_OK;
}

enum fgr_err fgr_redis_option_read(struct fgr_redis_option *out, const char *address,
                                   const char *auth_path, struct fgr_error *err)
{
    *out = (struct fgr_redis_option){.login = ""};
    enum fgr_err code = fgr_redis_address_parse(&out->server.address, address, err);
    if (code != FGR_OK) {
        return code;
    }
    if (auth_path == NULL) {
        out->server.user = getenv("FGR_REDIS_USER");
        out->server.password = getenv("FGR_REDIS_PASSWORD");
        return FGR_OK;
    }
    code = read_file(out->login, auth_path, err);
    return code == FGR_OK ? split_login(out, auth_path, err) : code;
}
