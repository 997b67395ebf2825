/* The operating system's side of things that need no library. Each function stands alone; nothing is kept between
 * calls. Error texts name paths and the system's reason, never a file's content. */
#include "os.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

enum { list_max = 10000, large_bytes = 128 * 1024 };

static int complain(struct err *err, const char *what, const char *path)
{
    int code = ERR_IO, why = errno;
    if (why == ENOENT || why == ENOTDIR)
        code = ERR_NOT_FOUND;
    else if (why == EACCES || why == EPERM)
        code = ERR_DENIED;
    else if (why == ENOMEM)
        code = ERR_NOMEM;
    return err_set(err, code, "cannot %s %s: %s", what, path, strerror(why));
}

/* Reads to the end, or one byte more than max. */
static int read_all(int fd, struct buf *into, size_t max)
{
    char part[16384];
    while (into->n <= max) {
        ssize_t n = read(fd, part, sizeof part);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        if (n > 0)
            buf_add(into, part, (size_t)n < max + 1 - into->n ? (size_t)n : max + 1 - into->n);
        if (buf_failed(into)) {
            errno = ENOMEM;
            return ERR_IO;
        }
    }
    return 0;
}

static int read_open(struct arena *a, int fd, const char *path, size_t max, struct text *out, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return complain(err, "read", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "cannot read %s: it is not a plain file", path);
    struct buf content;
    buf_init(&content, max + 1);
    int rc = read_all(fd, &content, max);
    if (rc)
        rc = complain(err, "read", path);
    else if (content.n > max)
        rc = err_set(err, ERR_TOO_LARGE, "%s is larger than the %zu bytes that are allowed", path, max);
    else
        *out = arena_text(a, buf_view(&content));
    buf_release(&content);
    if (rc == 0 && arena_failed(a))
        rc = err_set(err, ERR_NOMEM, "no memory to read %s", path);
    return rc;
}

int os_read_file(struct arena *a, const char *path, size_t max, struct text *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return complain(err, "open", path);
    int rc = read_open(a, fd, path, max, out, err);
    close(fd);
    return rc;
}

int os_check_readable(const char *path, bool folder, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return complain(err, "open", path);
    int rc = fstat(fd, &st) < 0 ? complain(err, "read", path) : 0;
    close(fd);
    if (rc == 0 && !(folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)))
        rc = err_set(err, ERR_INVALID, "cannot read %s: it is %s", path, folder ? "no folder" : "not a plain file");
    return rc;
}

static bool write_all(int fd, struct text content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            content = (struct text){content.p + n, content.n - (size_t)n};
    }
    return true;
}

/* The part of path before its last name: "." when there is none. */
static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int n = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    snprintf(out, PATH_MAX, "%.*s", n ? n : 1, n ? path : ".");
}

/* After a rename only the folder's own fsync makes the new name survive a power cut. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    folder_of(path, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0 || errno == EINVAL; /* some file systems have no such thing */
    close(fd);
    return synced;
}

int os_write_file(const char *path, struct text content, int mode, struct err *err)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return complain(err, "write", path);
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return complain(err, "write", path);
    bool written = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) < 0 && written) {
        written = false;
        why = errno;
    }
    if (written && rename(temporary, path) == 0)
        return sync_folder_of(path) ? 0 : complain(err, "make durable", path);
    if (!written)
        errno = why;
    int rc = complain(err, "write", path);
    unlink(temporary);
    return rc;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int os_make_folders(const char *path, struct err *err)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part) {
        errno = ENAMETOOLONG;
        return complain(err, "make the folder", path);
    }
    for (char *p = part + 1; part[0]; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char behind = *p;
        *p = '\0';
        if (mkdir(part, 0777) < 0 && !is_folder(part)) {
            if (errno == EEXIST)
                errno = ENOTDIR;
            return complain(err, "make the folder", part);
        }
        *p = behind;
        if (behind == '\0')
            break;
    }
    return 0;
}

bool os_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* "/a/b/../c/./d" → "/a/c/d", by the letters: the folder is already without links. */
static const char *tidied(struct arena *a, const char *path)
{
    char *out = arena_alloc(a, strlen(path) + 2), *end = out;
    while (out != NULL && *path != '\0') {
        size_t n = strcspn(path, "/");
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            while (end > out && *--end != '/')
                ;
        } else if (n > 0 && !(n == 1 && path[0] == '.')) {
            *end++ = '/';
            memcpy(end, path, n);
            end += n;
        }
        path += n + (path[n] == '/');
    }
    if (out != NULL && end == out)
        *end++ = '/';
    if (out != NULL)
        *end = '\0'; /* what ".." took away is still there */
    return out != NULL ? out : "";
}

const char *os_path_beside(struct arena *a, const char *file, const char *path)
{
    char folder[PATH_MAX];
    if (path[0] == '/' || !strchr(file, '/'))
        return path;
    folder_of(file, folder);
    path = arena_printf(a, "%s/%s", folder, path).p;
    return folder[0] == '/' && path ? tidied(a, path) : path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool wanted(const char *name, const char *suffix)
{
    size_t n = strlen(name), end = strlen(suffix);
    return name[0] != '.' && n >= end && strcmp(name + n - end, suffix) == 0;
}

/* Appends to found the names, as pointers into the arena. */
static int collect(struct arena *a, DIR *dir, const char *suffix, struct buf *found)
{
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!wanted(entry->d_name, suffix))
            continue;
        const char *name = arena_string(a, text_of(entry->d_name));
        buf_add(found, &name, sizeof name);
    }
    return buf_failed(found) ? ERR_TOO_LARGE : 0;
}

int os_list(struct arena *a, const char *folder, const char *suffix, const char ***names, size_t *count,
            struct err *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return complain(err, "list the folder", folder);
    struct buf found;
    buf_init(&found, list_max * sizeof(char *));
    int rc = collect(a, dir, suffix, &found);
    closedir(dir);
    *count = found.n / sizeof(char *);
    *names = arena_alloc(a, found.n);
    if (rc)
        err_set(err, rc, "the folder %s has more than %d files ending in %s", folder, list_max, suffix);
    else if (arena_failed(a))
        rc = err_set(err, ERR_NOMEM, "no memory to list the folder %s", folder);
    else if (*count) {
        memcpy(*names, found.p, found.n);
        qsort(*names, *count, sizeof(char *), by_name);
    }
    buf_release(&found);
    return rc;
}

const char *os_program_folder(struct arena *a)
{
    char path[PATH_MAX], folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return ".";
    path[n] = '\0';
    folder_of(path, folder);
    return arena_string(a, text_of(folder));
}

int os_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    bool bound =
        bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0;
    close(fd);
    return bound ? ntohs(at.sin_port) : ERR_IO;
}

void os_give_memory_back(void)
{
    mallopt(M_MMAP_THRESHOLD, large_bytes); /* set, they do not grow by themselves */
    mallopt(M_TRIM_THRESHOLD, large_bytes);
}

/* Start-up runs once through much of every library, and what has been touched stays mapped. What is never written to
 * (code, constants) is as it is in the file: what is needed again comes back from the file's cache, sixteen pages a time. */
static int let_go(struct dl_phdr_info *object, size_t size, void *ctx)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size, (void)ctx;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + part->p_vaddr, to = from + part->p_filesz;
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && !strstr(object->dlpi_name, "vdso"))
            madvise((void *)(from & ~(page - 1)), to - (from & ~(page - 1)), MADV_DONTNEED);
    }
    return 0;
}

void os_trim_memory(void)
{
    malloc_trim(0);
    dl_iterate_phdr(let_go, NULL);
}

static moment_us wall_clock(void *ctx)
{
    (void)ctx;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * MOMENT_SECOND + now.tv_nsec / 1000;
}

static void to_stderr(void *ctx, struct text line)
{
    (void)ctx;
    int before = errno;
    write_all(STDERR_FILENO, line);
    errno = before;
}

struct log os_log(const char *program, enum log_level level)
{
    return (struct log){.program = program, .level = level, .now = wall_clock, .sink = to_stderr};
}
