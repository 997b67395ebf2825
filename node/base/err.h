/* err: what went wrong, as a code for the program and a sentence for a person.
 *
 * Functions that can fail return 0 or one of these negative codes and write the sentence into a struct err that the
 * caller owns (never allocated, may be NULL). A sentence says what happened, to what, where (file and line of the
 * setting) and what to do about it. */
#ifndef TIDEGATE_BASE_ERR_H
#define TIDEGATE_BASE_ERR_H

enum err_code {
    ERR_INVALID = -1,     /* input that breaks its format or schema: trying again does not help */
    ERR_TOO_LARGE = -2,   /* over a bound on length, depth or count */
    ERR_NOT_FOUND = -3,
    ERR_CONFLICT = -4,    /* a unique claim is taken */
    ERR_UNAVAILABLE = -5, /* the other side cannot be reached or cannot answer now: try again later */
    ERR_TIMEOUT = -6,
    ERR_DENIED = -7,      /* credentials or permission */
    ERR_IO = -8,          /* file, socket or database trouble of our own */
    ERR_NOMEM = -9,
    ERR_STOPPING = -10,   /* the process is on its way out */
};

struct err {
    int code;
    char text[512]; /* NUL-terminated, cut at its end when too long */
};

/* Writes code and sentence, returns code, so that a caller can `return err_set(e, ERR_…, …)`. err may be NULL. */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence that is there. Returns err->code. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The code as a word: "invalid", "too-large", … */
const char *err_word(int code);

#endif
