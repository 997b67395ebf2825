/* Sentences are formatted beside the struct and copied in, so that a caller may put err->text into its own new
 * sentence. A sentence that is too long is cut at a whole UTF-8 character. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void keep(struct err *err, const char *sentence, int length)
{
    size_t n = length < 0 ? 0 : (size_t)length;
    if (n >= sizeof err->text) {
        n = sizeof err->text - 1;
        while (n > 0 && ((unsigned char)sentence[n] & 0xC0) == 0x80) /* inside a character */
            n--;
    }
    memcpy(err->text, sentence, n);
    err->text[n] = '\0';
}

int err_set(struct err *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    char sentence[sizeof err->text + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    err->code = code;
    keep(err, sentence, n < (int)sizeof sentence ? n : (int)sizeof sentence - 1);
    return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return ERR_INVALID;
    char sentence[2 * sizeof err->text + 4];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(sentence, sizeof err->text + 1, format, args);
    va_end(args);
    if (n < 0)
        return err->code;
    if (n > (int)sizeof err->text)
        n = (int)sizeof err->text;
    n += snprintf(sentence + n, sizeof sentence - (size_t)n, ": %s", err->text);
    keep(err, sentence, n);
    return err->code;
}

const char *err_word(int code)
{
    switch (code) {
    case 0:
        return "ok";
    case ERR_INVALID:
        return "invalid";
    case ERR_TOO_LARGE:
        return "too-large";
    case ERR_NOT_FOUND:
        return "not-found";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_UNAVAILABLE:
        return "unavailable";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_DENIED:
        return "denied";
    case ERR_IO:
        return "io";
    case ERR_NOMEM:
        return "no-memory";
    case ERR_STOPPING:
        return "stopping";
    default:
        return "unknown";
    }
}
