/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/address.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "graph/feed_redis/stream_id.h"
#include "graph/util/error.h"

#define GRAMMAR "use redis://HOST:PORT, unix:///PATH or sentinel://HOST:PORT,.../NAME"

/* Copies n bytes and a NUL; false if they do not fit or are none. */
static bool copy(char out[FGR_REDIS_HOST_BYTES], const char *text, size_t n)
{
    if (n == 0 || n >= FGR_REDIS_HOST_BYTES) {
        return false;
    }
    memcpy(out, text, n);
    out[n] = '\0';
    return true;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT in n bytes. */
static bool parse_host(struct fgr_redis_host *out, const char *text, size_t n, uint16_t port)
{
    const char *end = text + n;
    const char *close = n > 0 && text[0] == '[' ? memchr(text, ']', n) : NULL;
    const char *name = close != NULL ? text + 1 : text;
    const char *name_end = close;
    if (close == NULL) {
        const char *colon = n > 0 ? memchr(text, ':', n) : NULL;
        name_end = colon != NULL ? colon : end;
    }
    const char *rest = close != NULL ? close + 1 : name_end;
    uint64_t number = port;
    if (rest < end &&
        (rest[0] != ':' || !fgr_stream_number(&number, rest + 1, (size_t)(end - rest) - 1))) {
        return false;
    }
    if (number == 0 || number > UINT16_MAX) {
        return false;
    }
    out->port = (uint16_t)number;
    return copy(out->name, name, (size_t)(name_end - name));
}

static enum fgr_err parse_redis(struct fgr_redis_address *out, const char *rest,
                                struct fgr_error *err)
{
    size_t n = strlen(rest);
    n -= n > 0 && rest[n - 1] == '/';
    if (!parse_host(&out->hosts[0], rest, n, FGR_REDIS_PORT)) {
        return fgr_fail(err, FGR_ERR_ARG, "'%.60s' is no HOST:PORT: " GRAMMAR, rest);
    }
    out->n_hosts = 1;
    return FGR_OK;
}

static enum fgr_err parse_unix(struct fgr_redis_address *out, const char *path,
                               struct fgr_error *err)
{
    size_t n = strlen(path);
    if (path[0] != '/') {
        return fgr_fail(err, FGR_ERR_ARG, "'%.60s' is no absolute path: " GRAMMAR, path);
    }
    if (n >= sizeof((struct sockaddr_un *)NULL)->sun_path || !copy(out->hosts[0].name, path, n)) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "the path of a Unix socket has at most %zu bytes, not %zu",
                        sizeof((struct sockaddr_un *)NULL)->sun_path - 1, n);
    }
    out->n_hosts = 1;
    return FGR_OK;
}

static enum fgr_err parse_sentinel(struct fgr_redis_address *out, const char *rest,
                                   struct fgr_error *err)
{
    const char *slash = strchr(rest, '/');
    if (slash == NULL || !copy(out->master, slash + 1, strlen(slash + 1))) {
        return fgr_fail(err, FGR_ERR_ARG, "'%.60s' does not end in /NAME of the master: " GRAMMAR,
                        rest);
    }
    for (const char *at = rest; at <= slash;) {
        size_t n = strcspn(at, ",/");
        if (out->n_hosts == FGR_REDIS_HOSTS_MAX) {
            return fgr_fail(err, FGR_ERR_ARG, "more than %d sentinels", FGR_REDIS_HOSTS_MAX);
        }
        if (!parse_host(&out->hosts[out->n_hosts], at, n, FGR_REDIS_SENTINEL_PORT)) {
            return fgr_fail(err, FGR_ERR_ARG, "'%.60s' is no list of HOST:PORT: " GRAMMAR, rest);
        }
        out->n_hosts++;
        at += n + 1;
    }
    return FGR_OK;
}

enum fgr_err fgr_redis_address_parse(struct fgr_redis_address *out, const char *text,
                                     struct fgr_error *err)
{
    static const struct {
        const char *scheme;
        enum fgr_err (*parse)(struct fgr_redis_address *, const char *, struct fgr_error *);
    } schemes[] = {
        {"redis://", parse_redis}, {"unix://", parse_unix}, {"sentinel://", parse_sentinel}};
    *out = (struct fgr_redis_address){0};
    if (strstr(text, "://") != NULL && strchr(text, '@') != NULL) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "an address has no user and password, which everybody on the machine "
                        "could read on a command line: they come from a file or the environment");
    }
    if (strncmp(text, "rediss://", 9) == 0) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "TLS is not spoken here: put a tunnel (stunnel, ssh) or a "
                        "Unix socket between");
    }
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i].scheme);
        if (strncmp(text, schemes[i].scheme, n) == 0) {
            return schemes[i].parse(out, text + n, err);
        }
    }
    return fgr_fail(err, FGR_ERR_ARG, "'%.60s' is no address of a Redis server: " GRAMMAR, text);
}

char *fgr_redis_host_text(char out_text[FGR_REDIS_HOST_TEXT_BYTES],
                          const struct fgr_redis_host *host)
{
    if (host->port == 0) {
        snprintf(out_text, FGR_REDIS_HOST_TEXT_BYTES, "%s", host->name);
    } else {
        snprintf(out_text, FGR_REDIS_HOST_TEXT_BYTES, "%s:%u", host->name, host->port);
    }
    return out_text;
}
