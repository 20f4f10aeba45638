/* SPDX-License-Identifier: MIT */
/*
 * bench_verify [--nodes N] [--messages N] [--threads N] [--rounds N] [--json]: gossip messages through
 * a verifier, decoding, copying, hashing, keys and queueing included, against loops that do nothing
 * but check the same signatures with keys that are parsed already, and that parse the key each time.
 *
 * Two mixes: `live` is what a node sees all day (of 100 messages 95 updates, 4 node_announcements, 1
 * channel_announcement), `sync` what it gets at first (2 updates for each channel_announcement, whose
 * bitcoin keys are new and must be parsed by anybody).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness.h"
#include "graph/digest.h"
#include "graph/util/parallel.h"
#include "graph/util/thread.h"
#include "graph/verify.h"
#include "tests/support/signed_maker.h"

/* One signature, ready to be checked. */
struct check {
    struct fgr_curve_key key;
    uint8_t id[FGR_NODE_ID_BYTES];
    uint8_t signature[FGR_CURVE_SIGNATURE_BYTES];
    uint8_t hash[FGR_CURVE_HASH_BYTES];
};

/* Figures, one sample a round; ratios in units of 1/1000. */
enum {
    ONE_RATIO,
    ALL_RATIO,
    SIDE_RATIO,
    PARSE_RATIO,
    ONE_CPU_RATIO,
    ALL_CPU_RATIO,
    PARSE_CPU_RATIO,
    RAW_RATE,
    ONE_RATE,
    ALL_RATE,
    N_SAMPLES
};

struct corpus {
    const char *name;
    unsigned announcements, nodes; /* of 100 messages; the others are updates */
    struct fgr_signed *messages;
    size_t n_messages;
    struct check *checks;
    size_t n_checks;
    struct fgr_samples samples[N_SAMPLES];
};

static void *need(size_t n, size_t n_bytes)
{
    void *memory = calloc(n, n_bytes);
    if (memory == NULL) {
        fgr_bench_fail("out of memory");
    }
    return memory;
}

static void add_checks(struct corpus *corpus, struct fgr_sha256 *sha, const struct fgr_signed *made)
{
    struct fgr_message message;
    if (fgr_wire_decode(&message, made->bytes, made->n_bytes) != FGR_WIRE_GOOD) {
        fgr_bench_fail("a message is none");
    }
    for (unsigned i = 0; i < fgr_wire_n_signatures(message.type); i++) {
        struct check *check = &corpus->checks[corpus->n_checks++];
        const uint8_t *id = made->signer;
        if (message.type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
            id = i < 2 ? message.channel.node_id[i] : message.channel.bitcoin_key[i - 2];
        }
        memcpy(check->id, id, sizeof check->id);
        memcpy(check->signature, made->bytes + 2 + (size_t)64 * i, sizeof check->signature);
        if (!fgr_curve_parse(&check->key, id) ||
            fgr_digest_message(sha, check->hash, made->bytes, made->n_bytes, message.type, NULL) !=
                FGR_OK) {
            fgr_bench_fail("a message cannot be checked");
        }
    }
}

static void make(struct corpus *corpus, size_t n_messages, uint64_t n_nodes)
{
    struct fgr_signed_maker maker;
    struct fgr_sha256 sha;
    fgr_signed_maker_init(&maker);
    if (fgr_sha256_init(&sha, NULL) != FGR_OK) {
        fgr_bench_fail("no SHA-256");
    }
    corpus->messages = need(n_messages, sizeof *corpus->messages);
    corpus->checks = need(4 * n_messages, sizeof *corpus->checks);
    corpus->n_messages = n_messages;
    for (size_t i = 0; i < n_messages; i++) {
        struct fgr_signed *made = &corpus->messages[i];
        const uint64_t nodes[2] = {i * 7 % n_nodes, (i * 7 + 1) % n_nodes};
        unsigned kind = (unsigned)(i * 37 % 100);
        if (kind < corpus->announcements) {
            fgr_signed_channel(&maker, made, nodes, i);
        } else if (kind < corpus->announcements + corpus->nodes) {
            fgr_signed_node(&maker, made, nodes[0], 1700000000);
        } else {
            fgr_signed_update(&maker, made, nodes, i, 1700000000);
        }
        add_checks(corpus, &sha, made);
    }
    fgr_sha256_deinit(&sha);
    fgr_signed_maker_deinit(&maker);
}

/* ---- what is measured ------------------------------------------------------------------------ */

static void check_range(void *state, unsigned worker, size_t begin, size_t end)
{
    const struct corpus *corpus = state;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        const struct check *check = &corpus->checks[i];
        if (fgr_curve_check(&check->key, check->signature, check->hash) != FGR_CURVE_GOOD) {
            fgr_bench_fail("a good signature is called bad");
        }
    }
}

/* What something took: on the wall, and of all threads of this process together. */
struct span {
    uint64_t wall_ns;
    uint64_t cpu_ns;
};

static struct span now(void)
{
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return (struct span){fgr_clock_ns(), (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec};
}

static struct span since(struct span start)
{
    struct span end = now();
    return (struct span){end.wall_ns - start.wall_ns, end.cpu_ns - start.cpu_ns};
}

static struct span run_raw(struct corpus *corpus, struct fgr_crew *crew)
{
    struct span start = now();
    if (crew == NULL) {
        check_range(corpus, 0, 0, corpus->n_checks);
    } else {
        fgr_crew_run(crew, check_range, corpus, corpus->n_checks, 16);
    }
    return since(start);
}

static struct span run_parsing(const struct corpus *corpus)
{
    struct span start = now();
    for (size_t i = 0; i < corpus->n_checks; i++) {
        const struct check *check = &corpus->checks[i];
        struct fgr_curve_key key;
        if (!fgr_curve_parse(&key, check->id) ||
            fgr_curve_check(&key, check->signature, check->hash) != FGR_CURVE_GOOD) {
            fgr_bench_fail("a good signature is called bad");
        }
    }
    return since(start);
}

static struct span run_verifier(const struct corpus *corpus, struct fgr_verifier *verifier)
{
    struct span start = now();
    size_t n_fed = 0, n_got = 0;
    while (n_got < corpus->n_messages) {
        struct fgr_verdict verdict;
        if (n_fed < corpus->n_messages) {
            const struct fgr_signed *made = &corpus->messages[n_fed];
            if (fgr_verifier_offer(verifier, &(struct fgr_verify_input){.message = made->bytes,
                                                                        .n_bytes = made->n_bytes,
                                                                        .signer = made->signer,
                                                                        .tag = n_fed})) {
                n_fed++;
                continue;
            }
        }
        fgr_verifier_flush(verifier);
        if (!fgr_verifier_wait(verifier, &verdict) || verdict.tag != n_got ||
            verdict.kind != FGR_VERDICT_PROVEN) {
            fgr_bench_fail("message %zu is not proven", n_got);
        }
        n_got++;
    }
    return since(start);
}

struct tools {
    struct fgr_crew *crew;
    struct fgr_verifier *one, *all;
    unsigned threads;
};

static void add_ratio(struct fgr_samples *samples, uint64_t part_ns, uint64_t whole_ns)
{
    fgr_samples_add(samples, part_ns * 1000 / whole_ns);
}

static void measure(struct corpus *corpus, const struct tools *tools)
{
    struct span raw = run_raw(corpus, NULL);
    struct span one = run_verifier(corpus, tools->one);
    struct span parse = run_parsing(corpus);
    struct span all = run_verifier(corpus, tools->all);
    struct span side = run_raw(corpus, tools->crew);
    add_ratio(&corpus->samples[ONE_RATIO], raw.wall_ns, one.wall_ns);
    add_ratio(&corpus->samples[PARSE_RATIO], parse.wall_ns, one.wall_ns);
    add_ratio(&corpus->samples[ALL_RATIO], raw.wall_ns, all.wall_ns * tools->threads);
    add_ratio(&corpus->samples[SIDE_RATIO], side.wall_ns, all.wall_ns);
    add_ratio(&corpus->samples[ONE_CPU_RATIO], raw.cpu_ns, one.cpu_ns);
    add_ratio(&corpus->samples[ALL_CPU_RATIO], side.cpu_ns, all.cpu_ns);
    add_ratio(&corpus->samples[PARSE_CPU_RATIO], parse.cpu_ns, one.cpu_ns);
    fgr_samples_add(&corpus->samples[RAW_RATE], corpus->n_checks * 1000000000 / raw.wall_ns);
    fgr_samples_add(&corpus->samples[ONE_RATE], corpus->n_checks * 1000000000 / one.wall_ns);
    fgr_samples_add(&corpus->samples[ALL_RATE], corpus->n_checks * 1000000000 / all.wall_ns);
}

/* ---- telling ---------------------------------------------------------------------------------- */

static double ratio_of(struct fgr_samples *samples)
{
    return (double)fgr_samples_quantile(samples, 0.5) / 1000;
}

static void print_table(struct corpus *corpus, const struct tools *tools)
{
    unsigned threads = tools->threads;
    printf("\n%s: %zu messages, %zu signatures\n", corpus->name, corpus->n_messages,
           corpus->n_checks);
    printf("  signatures/s           raw loop %llu, verifier %llu, with %u threads %llu\n",
           (unsigned long long)fgr_samples_quantile(&corpus->samples[RAW_RATE], 0.5),
           (unsigned long long)fgr_samples_quantile(&corpus->samples[ONE_RATE], 0.5), threads,
           (unsigned long long)fgr_samples_quantile(&corpus->samples[ALL_RATE], 0.5));
    printf("  of the raw loop        %.3f (processor time: %.3f)\n",
           ratio_of(&corpus->samples[ONE_RATIO]), ratio_of(&corpus->samples[ONE_CPU_RATIO]));
    printf("  of %u x the raw loop    %.3f; of %u such loops at once %.3f (processor time: %.3f)\n",
           threads, ratio_of(&corpus->samples[ALL_RATIO]), threads,
           ratio_of(&corpus->samples[SIDE_RATIO]), ratio_of(&corpus->samples[ALL_CPU_RATIO]));
    printf("  of parsing each time   %.3f (processor time: %.3f)\n",
           ratio_of(&corpus->samples[PARSE_RATIO]), ratio_of(&corpus->samples[PARSE_CPU_RATIO]));
}

static void put_corpus(struct fgr_json_writer *json, struct corpus *corpus)
{
    fgr_json_key(json, corpus->name);
    fgr_json_object_begin(json);
    fgr_member_u64(json, "messages", corpus->n_messages);
    fgr_member_u64(json, "signatures", corpus->n_checks);
    fgr_member_u64(json, "raw_per_s", fgr_samples_quantile(&corpus->samples[RAW_RATE], 0.5));
    fgr_member_u64(json, "one_thread_per_s", fgr_samples_quantile(&corpus->samples[ONE_RATE], 0.5));
    fgr_member_u64(json, "all_threads_per_s",
                   fgr_samples_quantile(&corpus->samples[ALL_RATE], 0.5));
    fgr_member_double(json, "one_of_raw", ratio_of(&corpus->samples[ONE_RATIO]));
    fgr_member_double(json, "all_of_threads_x_raw", ratio_of(&corpus->samples[ALL_RATIO]));
    fgr_member_double(json, "all_of_raw_at_once", ratio_of(&corpus->samples[SIDE_RATIO]));
    fgr_member_double(json, "one_of_parsing_each_time", ratio_of(&corpus->samples[PARSE_RATIO]));
    fgr_member_double(json, "one_of_raw_cpu", ratio_of(&corpus->samples[ONE_CPU_RATIO]));
    fgr_member_double(json, "all_of_raw_at_once_cpu", ratio_of(&corpus->samples[ALL_CPU_RATIO]));
    fgr_member_double(json, "one_of_parsing_each_time_cpu",
                      ratio_of(&corpus->samples[PARSE_CPU_RATIO]));
    fgr_json_object_end(json);
}

static void print_json(struct corpus corpora[2], const struct tools *tools, uint64_t n_rounds)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "verify");
    fgr_member_u64(&json, "threads", tools->threads);
    fgr_member_u64(&json, "rounds", n_rounds);
    for (unsigned i = 0; i < 2; i++) {
        put_corpus(&json, &corpora[i]);
    }
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

static void free_corpus(struct corpus *corpus)
{
    for (unsigned i = 0; i < N_SAMPLES; i++) {
        fgr_samples_free(&corpus->samples[i]);
    }
    free(corpus->messages);
    free(corpus->checks);
}

int main(int argc, char **argv)
{
    uint64_t n_nodes = fgr_bench_number(argc, argv, "--nodes", 2000);
    uint64_t n_messages = fgr_bench_number(argc, argv, "--messages", 4000);
    uint64_t n_rounds = fgr_bench_number(argc, argv, "--rounds", 15);
    struct tools tools = {
        .threads = (unsigned)fgr_bench_number(argc, argv, "--threads", fgr_thread_cores())};
    struct corpus corpora[2] = {{.name = "live", .announcements = 1, .nodes = 4},
                                {.name = "sync", .announcements = 33, .nodes = 0}};
    const struct fgr_verify_options one = {.threads = 1}, all = {.threads = tools.threads};
    struct fgr_error err;
    if (n_nodes < 2 || fgr_crew_create(&tools.crew, tools.threads, &err) != FGR_OK ||
        fgr_verifier_create(&tools.one, &one, &err) != FGR_OK ||
        fgr_verifier_create(&tools.all, &all, &err) != FGR_OK) {
        fgr_bench_fail("no workers");
    }
    for (unsigned i = 0; i < 2; i++) {
        make(&corpora[i], n_messages, n_nodes);
        run_verifier(&corpora[i], tools.one); /* caches warm */
        run_verifier(&corpora[i], tools.all);
    }
    for (uint64_t round = 0; round < n_rounds; round++) {
        measure(&corpora[round % 2], &tools);
        measure(&corpora[1 - round % 2], &tools);
    }
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(corpora, &tools, n_rounds);
    } else {
        printf("%llu nodes, %llu rounds\n", (unsigned long long)n_nodes,
               (unsigned long long)n_rounds);
        print_table(&corpora[0], &tools);
        print_table(&corpora[1], &tools);
    }
    free_corpus(&corpora[0]);
    free_corpus(&corpora[1]);
    fgr_verifier_destroy(tools.all);
    fgr_verifier_destroy(tools.one);
    fgr_crew_destroy(tools.crew);
    return 0;
}
