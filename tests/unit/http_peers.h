/* http_peers: what the other side of the HTTP client may do; one script (peer.h) for each way, good or bad. */
#ifndef TIDEGATE_TESTS_HTTP_PEERS_H
#define TIDEGATE_TESTS_HTTP_PEERS_H

#include "peer.h"

void nobody(struct peer *p); /* takes no request */
void answers_with_headers(struct peer *p);
void tears_in_body(struct peer *p);
void closes_without_answer(struct peer *p);
void never_answers(struct peer *p);  /* for 700 ms; then it closes */
void drips_its_body(struct peer *p); /* a byte each 100 ms */
void sends_garbage(struct peer *p);
void sends_a_huge_header(struct peer *p);
void sends_a_huge_body(struct peer *p);
/* A connection that is used again and dies when the second request has been read, without a byte of an answer. */
void dies_on_the_second(struct peer *p);
void closes_while_idle(struct peer *p);
void echoes_the_request(struct peer *p); /* each one, head and body, as the body of the answer */

#endif
