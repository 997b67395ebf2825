/* jq: the functions of a system's mappings as one program, run on one value at a time.
 *
 * Compiling costs libjq 18 to 30 ms however small the program, since it binds its own library each time. So the
 * functions become definitions of one program, whose main part looks at the index that comes with the input:
 *
 *   {} as $ENV | def …what is shut off…;   one line, and nothing can be imported after it
 *   PRELUDE
 *   def _tidegate0: ( SOURCE ); def _tidegate1: ( SOURCE ); …
 *   .[0] as $i | .[1] | if $i < 1 then _tidegate0 else _tidegate1 end     halving, so that 60 functions take 6 steps
 *
 * Only when that does not compile is each function compiled alone, to name the one at fault.
 *
 * Shut off: environment, further inputs, modules (and ~/.jq, by another HOME while compiling), output to stderr, ending
 * the program; and what loses digits or asserts within libjq (tonumber of more than 16 bytes, implode of no character).
 *
 * Bounds: a run is ended after RUN_MAX_MS of processor time, or when the process has grown by RUN_MAX_BYTES meanwhile.
 * A timer on the thread's processor clock signals SIGVTALRM every TICK_MS, so a usual run sees none; the handler calls
 * jq_halt (a few stores; jq_next looks at the flag before each instruction). Not bounded, since mappings are the
 * operator's own files and not the world's: one step of libjq that by itself takes long or much memory ("x" * 1e9,
 * .[1e8] = 1), and a result nested thousands deep, which libjq frees by recursion. `fromjson` reads numbers as doubles,
 * as jq does. */
#include <errno.h>
#include <fcntl.h>
#include <jq.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "jq_value.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define TICK_MS 20
#define RUN_MAX_MS 500
#define RUN_MAX_BYTES (64L << 20)
#define PROGRAM_MAX (4u << 20)

static const char opening[] =
    "{} as $ENV | def env: {};"
    " def input: error(\"there is one input only\"); def inputs: input; def input_filename: null;"
    " def input_line_number: null; def modulemeta: error(\"modules cannot be read\"); def get_search_list: [];"
    " def debug: .; def debug(m): .; def stderr: .;"
    " def halt: error(\"halt was called\"); def halt_error: error; def halt_error(c): error;"
    " def _implode: implode; def implode: if all(.[]; type == \"number\" and . >= 0 and . <= 1114111"
    " and (. < 55296 or . > 57343)) then _implode else error(\"implode: not all are characters\") end;"
    " def _tonumber: tonumber; def tonumber: if type == \"string\" and utf8bytelength > 16"
    " then error(\"tonumber would lose digits: leave it as text, or mark it by as_number\") else _tonumber end;"
    " def as_number: if . == null then . else \"\\u0001\" + tostring end;\n";

struct jq {
    jq_state *state;
    size_t count;
    timer_t timer;
    bool timed;                           /* the timer exists */
    volatile sig_atomic_t running, ended; /* ended: by us */
    volatile sig_atomic_t ticks;          /* of the present run */
    long resident;                        /* bytes at its first tick */
    struct err words;                     /* of the compiler, the first complaint; code is set once there is one */
};

/* ---- the time bound ---- */

/* Bytes of memory that the process has in use; system calls only, for it is called from a signal handler. */
static long resident_bytes(void)
{
    char line[64] = {0}, *p = line;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    while (n > 0 && *p && *p != ' ') /* the second number, in pages */
        p++;
    long pages = 0;
    for (p += *p == ' '; *p >= '0' && *p <= '9'; p++)
        pages = 10 * pages + (*p - '0');
    return pages * sysconf(_SC_PAGESIZE);
}

static void on_tick(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number, (void)context;
    int kept = errno;
    struct jq *j = info->si_code == SI_TIMER ? info->si_value.sival_ptr : NULL;
    if (j && j->running && !jq_halted(j->state)) {
        long resident = resident_bytes();
        if (++j->ticks == 1)
            j->resident = resident;
        if (j->ticks * TICK_MS >= RUN_MAX_MS || resident - j->resident > RUN_MAX_BYTES) {
            j->ended = 1;
            jq_halt(j->state, jv_invalid(), jv_invalid());
        }
    }
    errno = kept;
}

static int timer_make(struct jq *j, struct err *err)
{
    struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM};
    event.sigev_value.sival_ptr = j;
    event.sigev_notify_thread_id = gettid();
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGVTALRM, &action, NULL) || timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &j->timer))
        return err_set(err, ERR_IO, "no timer for jq programs: %s", strerror(errno));
    j->timed = true;
    return 0;
}

static void timer_arm(struct jq *j, long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    timer_settime(j->timer, 0, &(struct itimerspec){t, t}, NULL);
}

/* ---- compiling ---- */

static void cut_before(char *words, const char *what)
{
    char *at = strstr(words, what);
    if (at)
        *at = '\0';
}

/* "jq: error: syntax error, unexpected '}' (Unix shell quoting issues?) at <top-level>, line 2:\n…" */
static void on_words(void *ctx, jv words)
{
    static const char prefix[] = "jq: error: ";
    struct jq *j = ctx;
    if (jv_get_kind(words) == JV_KIND_STRING && !j->words.code) {
        const char *s = jv_string_value(words);
        err_set(&j->words, ERR_INVALID, "%s", strncmp(s, prefix, strlen(prefix)) == 0 ? s + strlen(prefix) : s);
        cut_before(j->words.text, "\n");
        cut_before(j->words.text, " at <top-level>");
        cut_before(j->words.text, " (Unix shell");
    }
    jv_free(words);
}

static int ignore_words(struct jq *j)
{
    return err_set(&j->words, 0, "%s", "");
}

/* libjq reads $HOME/.jq into every program; a mapping must mean the same whoever runs it. */
static bool compile_at_home(struct jq *j, const char *program)
{
    const char *home = getenv("HOME");
    char *kept = home ? strdup(home) : NULL;
    setenv("HOME", "/dev/null", 1);
    bool ok = jq_compile(j->state, program);
    if (kept)
        setenv("HOME", kept, 1);
    else
        unsetenv("HOME");
    free(kept);
    return ok;
}

static bool compile(struct jq *j, struct buf *program)
{
    ignore_words(j);
    if (!buf_failed(program))
        return compile_at_home(j, buf_cstr(program));
    err_set(&j->words, ERR_TOO_LARGE, "the program is over %u bytes", PROGRAM_MAX);
    return false;
}

static void write_function(struct buf *b, size_t index, const char *source)
{
    buf_printf(b, "def _tidegate%zu: (\n", index);
    buf_string(b, source);
    buf_string(b, "\n);\n"); /* a comment may end the source */
}

static void write_choice(struct buf *b, size_t from, size_t to)
{
    size_t middle = from + (to - from) / 2;
    if (to - from == 1) {
        buf_printf(b, "_tidegate%zu", from);
        return;
    }
    buf_printf(b, "if $i < %zu then ", middle);
    write_choice(b, from, middle);
    buf_string(b, " else ");
    write_choice(b, middle, to);
    buf_string(b, " end");
}

static void write_program(struct buf *b, const char *prelude, const struct jq_function *functions, size_t count)
{
    buf_reset(b);
    buf_string(b, opening);
    buf_string(b, prelude);
    buf_char(b, '\n');
    for (size_t i = 0; i < count; i++)
        write_function(b, i, functions[i].source);
    buf_string(b, ".[0] as $i | .[1] | ");
    if (count)
        write_choice(b, 0, count);
    else
        buf_char(b, '.');
}

/* The whole does not compile: which part is it? */
static int blame(struct jq *j, struct buf *b, const char *prelude, const struct jq_function *functions, size_t count,
                 struct err *err)
{
    struct err whole = j->words;
    write_program(b, prelude, NULL, 0);
    if (!compile(j, b))
        return err_set(err, j->words.code, "the jq definitions that all mappings share: %s", j->words.text);
    for (size_t i = 0; i < count; i++) {
        write_program(b, prelude, &functions[i], 1);
        if (!compile(j, b))
            return err_set(err, j->words.code, "%s: %s: jq: %s", functions[i].origin, functions[i].name, j->words.text);
    }
    return err_set(err, whole.code, "the %zu jq mappings do not compile together: %s", count, whole.text);
}

static int compile_all(struct jq *j, const char *prelude, const struct jq_function *functions, size_t count,
                       struct err *err)
{
    struct buf b;
    buf_init(&b, PROGRAM_MAX);
    write_program(&b, prelude, functions, count);
    int rc = compile(j, &b) ? 0 : blame(j, &b, prelude, functions, count, err);
    buf_release(&b);
    return rc;
}

int jq_new(struct jq **out, const char *prelude, const struct jq_function *functions, size_t count, struct err *err)
{
    *out = NULL;
    struct jq *j = calloc(1, sizeof *j);
    if (!j)
        return err_set(err, ERR_NOMEM, "out of memory for jq");
    j->count = count;
    j->state = jq_init();
    int rc = j->state ? timer_make(j, err) : err_set(err, ERR_NOMEM, "out of memory for jq");
    if (!rc) {
        jq_set_error_cb(j->state, on_words, j);
        rc = compile_all(j, prelude, functions, count, err);
    }
    if (rc) {
        jq_free(j);
        return rc;
    }
    *out = j;
    return 0;
}

void jq_free(struct jq *j)
{
    if (!j)
        return;
    if (j->timed)
        timer_delete(j->timer);
    if (j->state)
        jq_teardown(&j->state);
    free(j);
}

/* ---- running ---- */

/* error({…}): the value as JSON text is what jq itself would show. */
static void complain_value(jv words, struct err *err)
{
    jv text = jv_dump_string(jv_copy(words), 0);
    err_set(err, ERR_INVALID, "jq: %s", jv_string_value(text));
    jv_free(text);
}

/* Consumes the invalid jv with which a program ended. */
static int complain(struct jq *j, jv end, struct err *err)
{
    jv words = jv_invalid_get_msg(end);
    if (jv_get_kind(words) == JV_KIND_STRING)
        err_set(err, ERR_INVALID, "jq: %s", jv_string_value(words));
    else if (j->ended)
        err_set(err, ERR_INVALID, "jq: stopped, since it took over %d ms or %ld MiB: does it recurse for ever?",
                RUN_MAX_MS, RUN_MAX_BYTES >> 20);
    else if (jv_is_valid(words) && jv_get_kind(words) != JV_KIND_NULL)
        complain_value(words, err);
    else
        err_set(err, ERR_INVALID, "jq: gave no output, where one is expected (null is one, empty is none)");
    jv_free(words);
    return ERR_INVALID;
}

/* Exactly one output. Gives *out when 0 is returned. */
static int run_once(struct jq *j, jv input, jv *out, struct err *err)
{
    jq_start(j->state, input, 0);
    jv first = jq_next(j->state);
    if (!jv_is_valid(first))
        return complain(j, first, err);
    jv second = jq_next(j->state);
    bool more = jv_is_valid(second);
    if (more || j->ended || jv_invalid_has_msg(jv_copy(second))) {
        jv_free(first);
        if (!more)
            return complain(j, second, err);
        jv_free(second);
        return err_set(err, ERR_INVALID, "jq: gave more than one output: put [ ] around it, or take first(…)");
    }
    jv_free(second);
    *out = first;
    return 0;
}

int jq_run(struct jq *j, size_t index, const struct value *input, struct arena *a, struct value *out, struct err *err)
{
    jv in, result;
    *out = value_null();
    if (index >= j->count)
        return err_set(err, ERR_NOT_FOUND, "jq: there is no function %zu", index);
    int rc = jq_from_value(input, &in, err);
    if (rc)
        return rc;
    in = jv_array_append(jv_array_append(jv_array_sized(2), jv_number((double)index)), in);
    j->ended = 0;
    j->ticks = 0;
    j->running = 1;
    timer_arm(j, TICK_MS);
    rc = run_once(j, in, &result, err);
    j->running = 0;
    timer_arm(j, 0);
    if (rc)
        jq_start(j->state, jv_null(), 0); /* lets go of what the unfinished run holds */
    return rc ? rc : jq_to_value(result, a, out, err);
}
