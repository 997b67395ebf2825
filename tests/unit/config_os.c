/* Files and folders: what is read is bounded, what is written is whole or not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/os.h"

struct place {
    struct arena arena;
    char folder[64];
    struct err err;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    arena_init(&p->arena, 1 << 20);
    snprintf(p->folder, sizeof p->folder, "/tmp/tidegate-os-XXXXXX");
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static const char *in(struct place *p, const char *name)
{
    return arena_printf(&p->arena, "%s/%s", p->folder, name).p;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    const char **names;
    size_t count = 0;
    os_list(&p->arena, p->folder, "", &names, &count, &p->err);
    for (size_t i = 0; i < count; i++)
        if (unlink(in(p, names[i])) < 0)
            rmdir(in(p, names[i]));
    int rc = rmdir(p->folder);
    arena_release(&p->arena);
    free(p);
    return rc;
}

static void test_write_then_read(void **state)
{
    struct place *p = *state;
    const char *path = in(p, "cursor");
    struct text back;
    struct stat st;
    assert_int_equal(os_write_file(path, text_of("one"), 0600, &p->err), 0);
    assert_int_equal(os_write_file(path, (struct text){"two\0bytes", 9}, 0640, &p->err), 0);
    assert_int_equal(os_read_file(&p->arena, path, 9, &back, &p->err), 0);
    assert_true(text_eq(back, (struct text){"two\0bytes", 9}));
    assert_int_equal(back.p[9], '\0');
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(os_write_file(path, (struct text){NULL, 0}, 0600, &p->err), 0);
    assert_int_equal(os_read_file(&p->arena, path, 0, &back, &p->err), 0);
    assert_int_equal(back.n, 0);
    const char **names;
    size_t count;
    assert_int_equal(os_list(&p->arena, p->folder, "", &names, &count, &p->err), 0);
    assert_int_equal(count, 1); /* no temporary file is left */
}

static void test_read_refuses(void **state)
{
    struct place *p = *state;
    struct text out;
    assert_int_equal(os_write_file(in(p, "f"), text_of("12345"), 0600, &p->err), 0);
    assert_int_equal(os_read_file(&p->arena, in(p, "f"), 4, &out, &p->err), ERR_TOO_LARGE);
    assert_non_null(strstr(p->err.text, "larger than the 4 bytes"));
    assert_int_equal(os_read_file(&p->arena, in(p, "none"), 4, &out, &p->err), ERR_NOT_FOUND);
    assert_non_null(strstr(p->err.text, "none: No such file or directory"));
    assert_int_equal(os_read_file(&p->arena, p->folder, 4, &out, &p->err), ERR_INVALID);
    assert_int_equal(mkfifo(in(p, "fifo"), 0600), 0);
    assert_int_equal(os_read_file(&p->arena, in(p, "fifo"), 4, &out, &p->err), ERR_INVALID); /* and does not wait */
    struct arena tiny;
    arena_init(&tiny, 1);
    assert_int_equal(os_read_file(&tiny, in(p, "f"), 5, &out, &p->err), ERR_NOMEM);
    arena_release(&tiny);
}

static void test_write_that_fails_leaves_the_old_file(void **state)
{
    struct place *p = *state;
    assert_int_equal(os_write_file(in(p, "no/such/folder"), text_of("x"), 0600, &p->err), ERR_NOT_FOUND);
    assert_int_equal(os_make_folders(in(p, "taken"), &p->err), 0);
    assert_int_not_equal(os_write_file(in(p, "taken"), text_of("x"), 0600, &p->err), 0); /* rename fails */
    const char **names;
    size_t count;
    assert_int_equal(os_list(&p->arena, p->folder, "", &names, &count, &p->err), 0);
    assert_int_equal(count, 1);
}

static void test_folders(void **state)
{
    struct place *p = *state;
    assert_int_equal(os_make_folders(in(p, "a//b/c/"), &p->err), 0);
    assert_int_equal(os_make_folders(in(p, "a/b/c"), &p->err), 0);
    assert_true(os_exists(in(p, "a/b/c")));
    assert_false(os_exists(in(p, "a/b/d")));
    assert_int_equal(os_write_file(in(p, "a/b/c/f.cfg"), text_of(""), 0600, &p->err), 0);
    assert_int_equal(os_make_folders(in(p, "a/b/c/f.cfg/g"), &p->err), ERR_NOT_FOUND);
    assert_non_null(strstr(p->err.text, "f.cfg"));
    unlink(in(p, "a/b/c/f.cfg"));
    rmdir(in(p, "a/b/c"));
    rmdir(in(p, "a/b"));
}

static void test_list_is_sorted_and_chosen(void **state)
{
    struct place *p = *state;
    static const char *const files[] = {"order.cfg", "account.cfg", "b.txt", ".hidden.cfg", "cfg", "x.cfg~"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(os_write_file(in(p, files[i]), text_of(""), 0600, &p->err), 0);
    const char **names;
    size_t count;
    assert_int_equal(os_list(&p->arena, p->folder, ".cfg", &names, &count, &p->err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "account.cfg");
    assert_string_equal(names[1], "order.cfg");
    assert_int_equal(os_list(&p->arena, in(p, "none"), "", &names, &count, &p->err), ERR_NOT_FOUND);
    unlink(in(p, ".hidden.cfg"));
}

static void test_program_port_and_log(void **state)
{
    struct place *p = *state;
    const char *folder = os_program_folder(&p->arena);
    assert_true(folder[0] == '/' && os_exists(folder));
    assert_true(os_exists(arena_printf(&p->arena, "%s/config_os", folder).p));
    int port = os_free_port();
    assert_true(port > 0 && port < 65536);
    struct log log = os_log("tidegate-test", LOG_LEVEL_WARN);
    assert_true(log.now(log.ctx) > 1700000000 * MOMENT_SECOND);
    assert_true(log.level == LOG_LEVEL_WARN);
    assert_string_equal(log.program, "tidegate-test");
}

#define TABLE_BYTES (1 << 20)

/* What is mapped of files, in KiB. */
static long mapped_kib(void)
{
    char line[128];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");
    assert_non_null(status);
    while (kib < 0 && fgets(line, sizeof line, status))
        sscanf(line, "RssFile: %ld", &kib);
    fclose(status);
    assert_true(kib > 0);
    return kib;
}

static unsigned sum(const unsigned char *bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i < TABLE_BYTES; i += 512)
        sum += bytes[i];
    return sum;
}

/* Constants go, and are the same when they are looked at again; what the linker has written to stays. */
static void test_trim(void **state)
{
    static const unsigned char constants[TABLE_BYTES] = {[0] = 1, [512] = 2, [TABLE_BYTES - 512] = 4};
    static const char *const relocated[] = {"one", "two"};
    static unsigned char written = 5;
    (void)state;
    written++;
    assert_int_equal(sum(constants), 7);
    long before = mapped_kib();
    os_trim_memory();
    assert_true(mapped_kib() <= before - TABLE_BYTES / 1024 / 2);
    assert_int_equal(sum(constants), 7);
    assert_string_equal(relocated[written - 5], "two");
    assert_int_equal(written, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_then_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_that_fails_leaves_the_old_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_list_is_sorted_and_chosen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_program_port_and_log, set_up, tear_down),
        cmocka_unit_test(test_trim),
    };
    return cmocka_run_group_tests_name("config_os", tests, NULL, NULL);
}
