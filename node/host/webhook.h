/* webhook: pushes. Verified on the raw body, dropped when their event is known, else the object that they name is read
 * again and published, and only then the sender is answered.
 *
 *   200 published and confirmed, or kept to be read again, or of no interest    400 not a push of this system
 *   401 wrong signature    404 no pushes here    422 the object cannot be taken (payment card number, mapping)
 *   503 broker or system cannot be reached: come again */
#ifndef TIDEGATE_HOST_WEBHOOK_H
#define TIDEGATE_HOST_WEBHOOK_H

#include "edge/http_server.h"

void webhook_handle(void *host, const struct http_incoming *r, struct http_reply *reply); /* waits */

#endif
