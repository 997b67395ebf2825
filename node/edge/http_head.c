/* http_head: see its header. */
#include "http_head.h"

#include <stdio.h>

void http_url_show(const char *url, char out[HTTP_URL_SHOWN])
{
    size_t n = strcspn(url, "?#");
    const char *at = memchr(url, '@', n), *start = strstr(url, "://");
    if (at && start && start < at)
        snprintf(out, HTTP_URL_SHOWN, "%.*s://%.*s", (int)(start - url), url, (int)(url + n - at - 1), at + 1);
    else
        snprintf(out, HTTP_URL_SHOWN, "%.*s", (int)n, url);
}

bool http_header_is_sound(const struct http_header *h)
{
    for (const char *p = h->name; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == ':')
            return false;
    return h->name[0] && !strpbrk(h->value, "\r\n");
}

static struct text trimmed(struct text t)
{
    while (t.n && strchr(" \t\r\n", t.p[0]))
        t.p++, t.n--;
    while (t.n && strchr(" \t\r\n", t.p[t.n - 1]))
        t.n--;
    return t;
}

static bool header_read(struct arena *a, struct text line, struct http_header *out)
{
    struct text name, value;
    if (!text_split(line, ':', &name, &value) || !name.n)
        return false;
    struct text lower = arena_text(a, name);
    for (size_t i = 0; i < lower.n; i++)
        if (lower.p[i] >= 'A' && lower.p[i] <= 'Z')
            ((char *)lower.p)[i] += 'a' - 'A';
    *out = (struct http_header){lower.p ? lower.p : "", arena_string(a, trimmed(value))};
    return true;
}

void http_headers_read(struct arena *a, struct text head, struct http_response *out)
{
    size_t room = 0, n = 0;
    for (size_t i = 0; i < head.n && room < HTTP_HEADERS_MAX; i++)
        room += head.p[i] == '\n';
    struct http_header *h = arena_alloc(a, (room + 1) * sizeof *h);
    struct text line;
    while (h && n < room && text_split(head, '\n', &line, &head))
        n += header_read(a, line, &h[n]);
    out->headers = h;
    out->header_count = n;
}

const char *http_response_header(const struct http_response *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

struct text http_escape(struct arena *a, struct text t)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = arena_alloc(a, 3 * t.n + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c && strchr(unreserved, c))
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 4, "%%%02X", c);
    }
    return (struct text){out, n};
}
