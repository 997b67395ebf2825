/* os: files, folders, environment and child processes: the rest of the world that has no library. */
#ifndef TIDEGATE_EDGE_OS_H
#define TIDEGATE_EDGE_OS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

int os_read_file(struct arena *a, const char *path, size_t max, struct text *out, struct err *err);
int os_write_file(const char *path, struct text content, int mode, struct err *err); /* whole or not at all (rename) */
int os_make_folders(const char *path, struct err *err); /* like mkdir -p */
bool os_exists(const char *path);
/* 0 when path is a plain file (or a folder, when that is wanted) that may be read. */
int os_check_readable(const char *path, bool folder, struct err *err);
/* path as it is meant in a file: relative to the file's folder. */
const char *os_path_beside(struct arena *a, const char *file, const char *path);
/* The names in a folder that end in suffix, sorted. */
int os_list(struct arena *a, const char *folder, const char *suffix, const char ***names, size_t *count, struct err *err);
/* The folder of the running program, for finding its siblings. */
const char *os_program_folder(struct arena *a);
int os_free_port(void); /* a TCP port that was free on 127.0.0.1 a moment ago, or negative */
/* For the process: freed memory goes back to the system at once. By itself glibc takes one large page of an API as a sign
 * that there will be more, and keeps tens of megabytes. Called first in main. */
void os_give_memory_back(void);
/* Also what is free between what is in use, and pages of programs and libraries, which come back when they are used
 * again; a millisecond or two. */
void os_trim_memory(void);
/* A log to stderr with the wall clock. */
struct log os_log(const char *program, enum log_level level);

#endif
