#include "url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PORT_MAX 65535

static size_t span(struct text t, const char *set)
{
    size_t n = 0;
    while (n < t.n && t.p[n] && strchr(set, t.p[n]))
        n++;
    return n;
}

static struct text from(struct text t, size_t at)
{
    return (struct text){t.p + at, t.n - at};
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static size_t host_length(struct text t)
{
    static const char digits[] = "0123456789abcdefABCDEF:.";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (!t.n || t.p[0] != '[')
        return span(t, letters);
    size_t n = 1 + span(from(t, 1), digits);
    return n < t.n && t.p[n] == ']' && n > 1 ? n + 1 : 0;
}

/* Nothing, or ":PORT". */
static const char *read_port(struct text t, int64_t least, int *out)
{
    int64_t port = 0;
    *out = 0;
    if (!t.n)
        return NULL;
    if (t.p[0] != ':')
        return "there is a character in its host that no host has";
    if (span(from(t, 1), "0123456789") != t.n - 1 || !text_to_i64(from(t, 1), &port) || port < least || port > PORT_MAX)
        return least ? "its port is no number from 1 to 65535" : "its port is no number from 0 to 65535";
    *out = (int)port;
    return NULL;
}

static bool is_printable(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if ((unsigned char)t.p[i] <= ' ' || t.p[i] == 0x7f)
            return false;
    return true;
}

const char *url_split(struct text t, struct url *out)
{
    const char *mark = t.n ? memmem(t.p, t.n, "://", 3) : NULL;
    *out = (struct url){.scheme = {t.p, mark ? (size_t)(mark - t.p) : 0}};
    if (!is_printable(t))
        return "there is a space or a control character in it";
    if (!out->scheme.n || span(out->scheme, "abcdefghijklmnopqrstuvwxyz") != out->scheme.n)
        return "it does not begin with a scheme and ://";
    struct text rest = from(t, out->scheme.n + 3);
    size_t n = 0;
    while (n < rest.n && !strchr("/?#", rest.p[n]))
        n++;
    out->path = from(rest, n);
    rest.n = n;
    const char *at = n ? memrchr(rest.p, '@', n) : NULL;
    if (at) {
        out->user = (struct text){rest.p, (size_t)(at - rest.p)};
        rest = from(rest, out->user.n + 1);
    }
    out->host = (struct text){rest.p, host_length(rest)};
    if (!out->host.n)
        return rest.n && rest.p[0] != ':' ? "there is a character in its host that no host has" : "it names no host";
    return read_port(from(rest, out->host.n), 1, &out->port);
}

const char *url_address_fault(struct text t)
{
    int port;
    size_t n = host_length(t);
    if (n == t.n)
        return "it has no port";
    return read_port(from(t, n), 0, &port);
}

bool url_host_is_loopback(struct text host)
{
    char name[64];
    struct in_addr v4;
    if (host.n >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", TEXT_ARG(host));
    if (strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}
