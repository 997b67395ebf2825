/* notice: which of a program's lines a person at the terminal sees, in which words, and how often.
 *
 * Programs write logfmt (base/log.h) for machines, a line for every attempt; all of it is in the log file. A person
 * wants to know once that the ERP cannot be reached, and once that it is back. So of logfmt lines only warnings and
 * errors are shown, as a sentence without time and pairs; a line like one shown before (the same but for numbers and
 * a bracket at its end) is shown again only after a minute, five, half an hour, then hourly, with how many came in
 * between; and the line that says that a connection is there is shown when it ends a trouble that was shown. What is no
 * logfmt is shown as it is.
 */
#ifndef TIDEGATE_CLI_NOTICE_H
#define TIDEGATE_CLI_NOTICE_H

#include "base/buf.h"
#include "base/moment.h"

#define NOTICES_MAX 64

struct notices { /* of one program; zeroed at first */
    struct notice_seen {
        uint64_t like; /* hash of the sentence without its numbers; 0: free */
        int64_t next_us, wait_us;
        unsigned unshown;
    } seen[NOTICES_MAX];
    unsigned next; /* overwritten next */
    bool troubled; /* a warning was shown and no connection since */
};

/* Appends to out what a person should read of this line; false when that is nothing. now_us: uptime. */
bool notice_line(struct notices *n, struct text line, int64_t now_us, struct buf *out);
/* The same for a sentence of the supervisor's own: only how often it is shown is decided. */
bool notice_sentence(struct notices *n, struct text sentence, int64_t now_us, struct buf *out);

#endif
