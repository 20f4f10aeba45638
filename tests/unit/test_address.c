/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/address.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(address, what_is_one)
{
    static const struct {
        const char *text, *master;
        unsigned n_hosts;
        const char *hosts[3]; /* as they are shown */
    } cases[] = {
        {"redis://localhost", "", 1, {"localhost:6379"}},
        {"redis://10.0.0.1:7000", "", 1, {"10.0.0.1:7000"}},
        {"redis://10.0.0.1:7000/", "", 1, {"10.0.0.1:7000"}},
        {"redis://[::1]:7000", "", 1, {"::1:7000"}},
        {"redis://[::1]", "", 1, {"::1:6379"}},
        {"unix:///run/redis/redis.sock", "", 1, {"/run/redis/redis.sock"}},
        {"sentinel://a/mymaster", "mymaster", 1, {"a:26379"}},
        {"sentinel://a:1,b,[::2]:3/m", "m", 3, {"a:1", "b:26379", "::2:3"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_redis_address address;
        struct fgr_error err = {.text = ""};
        cr_assert_eq(fgr_redis_address_parse(&address, cases[i].text, &err), FGR_OK, "%s",
                     err.text);
        cr_assert_str_eq(address.master, cases[i].master);
        cr_assert_eq(address.n_hosts, cases[i].n_hosts);
        for (unsigned k = 0; k < address.n_hosts; k++) {
            char text[FGR_REDIS_HOST_TEXT_BYTES];
            cr_assert_str_eq(fgr_redis_host_text(text, &address.hosts[k]), cases[i].hosts[k]);
        }
    }
}

Test(address, what_is_none)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "no address of a Redis server"},
        {"localhost:6379", "no address of a Redis server"},
        {"http://localhost", "no address of a Redis server"},
        {"rediss://localhost", "TLS"},
        {"redis://user:secret@localhost", "has no user and password"},
        {"redis://", "no HOST:PORT"},
        {"redis://:6379", "no HOST:PORT"},
        {"redis://a:", "no HOST:PORT"},
        {"redis://a:0", "no HOST:PORT"},
        {"redis://a:65536", "no HOST:PORT"},
        {"redis://a:1x", "no HOST:PORT"},
        {"redis://a:1/2", "no HOST:PORT"},
        {"redis://[::1", "no HOST:PORT"},
        {"redis://[::1]x", "no HOST:PORT"},
        {"unix://run/redis", "no absolute path"},
        {"sentinel://a:1", "does not end in /NAME"},
        {"sentinel://a:1/", "does not end in /NAME"},
        {"sentinel:///m", "no list of HOST:PORT"},
        {"sentinel://a,,b/m", "no list of HOST:PORT"},
        {"sentinel://a,b,c,d,e,f,g,h,i/m", "more than 8 sentinels"},
    };
    char path[400];
    struct fgr_redis_address address;
    struct fgr_error err = {.text = ""};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(fgr_redis_address_parse(&address, cases[i].text, &err), FGR_ERR_ARG, "'%s'",
                     cases[i].text);
        cr_assert(strstr(err.text, cases[i].reason) != NULL, "'%s': %s", cases[i].text, err.text);
        cr_assert(strstr(err.text, "secret") == NULL);
    }
    snprintf(path, sizeof path, "unix:///%0300d", 0);
    cr_assert_eq(fgr_redis_address_parse(&address, path, &err), FGR_ERR_ARG);
    snprintf(path, sizeof path, "redis://%0300d", 0);
    cr_assert_eq(fgr_redis_address_parse(&address, path, &err), FGR_ERR_ARG);
}
