/* Whatever bytes come as JSON: no crash, and what was read says the same when it is written and read again. */
#include <stdlib.h>

#include "base/json_text.h"
#include "edge/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct buf b;
    struct value first, again;
    arena_init(&a, 1u << 20);
    buf_init(&b, 4u << 20);
    if (size <= 65536 && json_parse(&a, (struct text){(const char *)data, size}, &first, NULL) == 0) {
        json_write(&b, &first);
        int rc = json_parse(&a, buf_view(&b), &again, NULL);
        if (buf_failed(&b) || (rc && rc != ERR_TOO_LARGE) || (!rc && !value_equal(&first, &again)))
            abort();
    }
    buf_release(&b);
    arena_release(&a);
    return 0;
}
