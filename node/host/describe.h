/* describe: what an adapter can do with the mapping that it was given, a line a fact, for `tidegate check`:
 *
 *   entity ENTITY captured delivered
 *   reads ENTITY FIELD
 *   writes ENTITY FIELD
 */
#ifndef TIDEGATE_HOST_DESCRIBE_H
#define TIDEGATE_HOST_DESCRIBE_H

#include "adapter.h"

void describe_print(const struct session *s, const struct schema *schema); /* to standard output */

#endif
