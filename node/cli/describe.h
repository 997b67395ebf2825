/* describe: what an adapter can do, as its program says with --describe: a word a line.
 *
 *   entity ENTITY captured delivered      (each of the two words only when it is so)
 *   writes ENTITY FIELD                   a field that a command may carry
 *   reads ENTITY FIELD                    a field that a change may carry
 *
 * The command line sees no adapter's code; the program also lints its own settings and mapping before it answers. */
#ifndef TIDEGATE_CLI_DESCRIBE_H
#define TIDEGATE_CLI_DESCRIBE_H

#include "base/arena.h"
#include "base/err.h"

/* Runs the program and takes its answer; blocks for at most some seconds. A program that ends with an error has its
 * last line as the sentence. The answer is in the arena. */
int describe_run(const char *program, const char *config, const char *system, struct arena *a, struct text *answer,
                 struct err *err);
/* Whether the answer has exactly this line's words, such as "writes order note". word3 may be empty. */
bool describe_has(struct text answer, const char *word1, const char *word2, struct text word3);

#endif
