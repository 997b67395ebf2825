#include "http_peers.h"

#include <stdio.h>
#include <string.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

void nobody(struct peer *p)
{
    (void)p;
}

void answers_with_headers(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, "HTTP/1.1 100 Continue\r\nX-Wrong: 1\r\n\r\n"
                     "HTTP/1.1 429 Too Many\r\nRetry-After:  7 \r\nX-EMPTY:\r\nContent-Length: 5\r\n\r\nlater");
}

void tears_in_body(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

void closes_without_answer(struct peer *p)
{
    peer_next(p);
}

void never_answers(struct peer *p)
{
    if (peer_next(p))
        peer_pause(700);
}

void drips_its_body(struct peer *p)
{
    if (!peer_next(p))
        return;
    peer_send(p, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    for (int i = 0; i < 8; i++) {
        peer_send(p, "x");
        peer_pause(100);
    }
}

void sends_garbage(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, "\x16\x03garbage\r\n\r\n\r\nmore garbage");
}

void sends_a_huge_header(struct peer *p)
{
    if (!peer_next(p))
        return;
    peer_send(p, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 5000; i++)
        peer_send(p, "X-Header: 0123456789012345678901234567890123456789\r\n");
    peer_send(p, "\r\n");
}

void sends_a_huge_body(struct peer *p)
{
    static char block[65536];
    if (!peer_next(p))
        return;
    peer_send(p, "HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 64; i++)
        peer_send_n(p, block, sizeof block);
}

void dies_on_the_second(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, OK);
    peer_next(p);
    peer_close(p);
    if (peer_next(p))
        peer_send(p, OK);
}

void closes_while_idle(struct peer *p)
{
    if (peer_next(p))
        peer_send(p, OK);
    peer_close(p);
    if (peer_next(p))
        peer_send(p, OK);
}

void echoes_the_request(struct peer *p)
{
    char head[100];
    while (peer_next(p)) {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(p->request));
        peer_send(p, head);
        peer_send(p, p->request);
    }
}
