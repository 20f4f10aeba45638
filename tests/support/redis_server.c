/* SPDX-License-Identifier: MIT */
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_TRIES = 500, TRY_MS = 10 };

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        abort();
    }
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

bool fgr_test_redis_is_there(void)
{
    return access("/usr/bin/redis-server", X_OK) == 0 ||
           access("/usr/local/bin/redis-server", X_OK) == 0;
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    require(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0,
            "no port");
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address;
    socklen_t n = sizeof address;
    require(getsockname(fd, (struct sockaddr *)&address, &n) == 0, "getsockname");
    return ntohs(address.sin_port);
}

uint16_t fgr_test_free_port(void)
{
    int fd = listen_on(0);
    uint16_t port = port_of(fd);
    close(fd);
    return port;
}

/* ---- server -------------------------------------------------------------------------------- */

static void run_server(const struct fgr_test_redis *redis, const char *port)
{
    const char *args[32] = {"redis-server", "--port",      port,    "--bind",     "127.0.0.1",
                            "--unixsocket", redis->socket, "--dir", redis->folder};
    size_t n = 9;
    bool is_sentinel = redis->args[0] != NULL && strstr(redis->args[0], ".conf") != NULL;
    n = is_sentinel ? 1 : n;
    for (size_t i = 0; i < FGR_TEST_REDIS_ARGS && redis->args[i] != NULL; i++) {
        args[n++] = redis->args[i];
    }
    char log[128];
    snprintf(log, sizeof log, "%s/log", redis->folder);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    union {
        const char **given;
        char *const *wanted;
    } argv = {.given = args};
    execvp("redis-server", argv.wanted);
    _exit(127);
}

static redisContext *try_connect(const struct fgr_test_redis *redis)
{
    redisContext *context = redisConnect("127.0.0.1", redis->port);
    require(context != NULL, "memory");
    if (context->err != 0) {
        redisFree(context);
        return NULL;
    }
    return context;
}

/* It answers, and has loaded what it had. A password that is asked for is an answer. */
static bool is_ready(const struct fgr_test_redis *redis)
{
    redisContext *context = try_connect(redis);
    redisReply *reply = context != NULL ? redisCommand(context, "PING") : NULL;
    bool is_good = reply != NULL && (reply->type == REDIS_REPLY_STATUS ||
                                     strncmp(reply->str, "NOAUTH", strlen("NOAUTH")) == 0);
    freeReplyObject(reply);
    if (context != NULL) {
        redisFree(context);
    }
    return is_good;
}

void fgr_test_redis_start(struct fgr_test_redis *redis)
{
    if (redis->folder[0] == '\0') {
        snprintf(redis->folder, sizeof redis->folder, "/tmp/fgr-redis.XXXXXX");
        require(mkdtemp(redis->folder) != NULL, "mkdtemp");
        snprintf(redis->socket, sizeof redis->socket, "%s/socket", redis->folder);
    }
    if (redis->port == 0) {
        redis->port = fgr_test_free_port();
    }
    char port[8];
    snprintf(port, sizeof port, "%u", redis->port);
    redis->pid = fork();
    require(redis->pid >= 0, "fork");
    if (redis->pid == 0) {
        run_server(redis, port);
    }
    for (int i = 0; i < START_TRIES; i++) {
        if (is_ready(redis)) {
            return;
        }
        pause_ms(TRY_MS);
    }
    require(false, "redis-server does not start");
}

void fgr_test_redis_kill(struct fgr_test_redis *redis, int signal)
{
    if (redis->pid > 0) {
        kill(redis->pid, signal);
        waitpid(redis->pid, NULL, 0);
        redis->pid = 0;
    }
}

void fgr_test_redis_end(struct fgr_test_redis *redis)
{
    char command[128];
    fgr_test_redis_kill(redis, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", redis->folder);
    require(system(command) == 0, command);
    redis->folder[0] = '\0';
}

void fgr_test_redis_tcp(const struct fgr_test_redis *redis, struct fgr_redis_server *out)
{
    *out = (struct fgr_redis_server){.seed = 7, .address.n_hosts = 1};
    strcpy(out->address.hosts[0].name, "127.0.0.1");
    out->address.hosts[0].port = redis->port;
}

void fgr_test_redis_unix(const struct fgr_test_redis *redis, struct fgr_redis_server *out)
{
    *out = (struct fgr_redis_server){.seed = 7, .address.n_hosts = 1};
    strcpy(out->address.hosts[0].name, redis->socket);
}

long long fgr_test_redis_do(const struct fgr_test_redis *redis, const char *format, ...)
{
    va_list args;
    redisContext *context = try_connect(redis);
    require(context != NULL, "connect");
    va_start(args, format);
    redisReply *reply = redisvCommand(context, format, args);
    va_end(args);
    require(reply != NULL, format);
    require(reply->type != REDIS_REPLY_ERROR, reply->str);
    long long number = reply->type == REDIS_REPLY_INTEGER ? reply->integer
                       : reply->type == REDIS_REPLY_ARRAY ? (long long)reply->elements
                                                          : 0;
    freeReplyObject(reply);
    redisFree(context);
    return number;
}

/* ---- proxy --------------------------------------------------------------------------------- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* Passes on what is there, at most n_max bytes of it. Returns how many, -1 at the end. */
static ssize_t pass_on(int from, int to, size_t n_max)
{
    char bytes[4096];
    ssize_t n = read(from, bytes, n_max < sizeof bytes ? n_max : sizeof bytes);
    if (n <= 0) {
        return -1;
    }
    for (ssize_t at = 0; at < n;) {
        ssize_t put = send(to, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);
        if (put <= 0) {
            return -1;
        }
        at += put;
    }
    return n;
}

static void serve(int client, int server, size_t n_bytes)
{
    struct pollfd fds[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    size_t n_left = n_bytes;
    while (n_left > 0 && poll(fds, 2, -1) > 0) {
        if (fds[0].revents != 0 && pass_on(client, server, SIZE_MAX) < 0) {
            return;
        }
        if (fds[1].revents != 0) {
            ssize_t n = pass_on(server, client, n_left);
            if (n < 0) {
                return;
            }
            n_left -= n_bytes == SIZE_MAX ? 0 : (size_t)n;
        }
    }
}

static void run_proxy(int listener, uint16_t to_port, unsigned n_cuts, size_t n_bytes)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned i = 0;; i++) {
        int client = accept(listener, NULL, NULL);
        int server = connect_to(to_port);
        if (client >= 0 && server >= 0) {
            serve(client, server, i < n_cuts ? n_bytes : SIZE_MAX);
        }
        close(client);
        close(server);
    }
}

void fgr_test_proxy_start(struct fgr_test_proxy *proxy, uint16_t to_port, unsigned n_cuts,
                          size_t n_bytes)
{
    int listener = listen_on(0);
    proxy->port = port_of(listener);
    proxy->pid = fork();
    require(proxy->pid >= 0, "fork");
    if (proxy->pid == 0) {
        run_proxy(listener, to_port, n_cuts, n_bytes);
    }
    close(listener);
}

void fgr_test_proxy_end(struct fgr_test_proxy *proxy)
{
    kill(proxy->pid, SIGKILL);
    waitpid(proxy->pid, NULL, 0);
}
