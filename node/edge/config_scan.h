/* config_scan: a look at a configuration's text before libconfig reads it, so that every Debian's libconfig reads the
 * same and nothing is taken silently for something else. Private to the module config.
 *
 * Version 1.5 cuts 4294967296 to 0, reads an unended text or comment as ended, and gives a list's last text the line
 * of the closing bracket; 1.7 reads 010 as eight and "\b" as a backspace, where 1.5 has ten and two characters. Both
 * say no more than "syntax error", which config_grammar says better. */
#ifndef TIDEGATE_EDGE_CONFIG_SCAN_H
#define TIDEGATE_EDGE_CONFIG_SCAN_H

#include "base/buf.h"
#include "base/err.h"

struct config_scan {
    struct buf source; /* for libconfig: whole numbers as decimal 64-bit literals, a byte order mark left out */
    struct buf lines;  /* of int: the line of each scalar value, in the text's order */
};

/* 0, or ERR_INVALID or ERR_TOO_LARGE with "NAME:LINE: …". Release in either case. */
int config_scan(struct config_scan *s, const char *name, struct text source, struct err *err);
void config_scan_release(struct config_scan *s);

#endif
