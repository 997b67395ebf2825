/* tidegate-router: decides what each system is told. */
#include <stdio.h>

#include "edge/os.h"
#include "router.h"

static int usage(FILE *out)
{
    fputs("usage: tidegate-router --config FILE [--declare]\n"
          "\n"
          "Takes changes and outcomes from the broker, decides by the rules, publishes commands.\n"
          "\n"
          "  --config FILE  the node's settings (tidegate.cfg)\n"
          "  --declare      first declares the broker's exchanges and queues\n",
          out);
    return out == stderr ? 2 : 0;
}

int main(int argc, char **argv)
{
    struct router_options o = {0};
    struct err err = {0};
    struct log log = os_log("tidegate-router", LOG_LEVEL_INFO);
    os_give_memory_back();
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help"))
            return usage(stdout);
        if (!strcmp(argv[i], "--declare"))
            o.declare = true;
        else if (!strcmp(argv[i], "--config") && i + 1 < argc)
            o.config = argv[++i];
        else
            return usage(stderr);
    }
    if (!o.config)
        return usage(stderr);
    if (router_run(&o, &log, &err) == 0)
        return 0;
    log_line(&log, LOG_LEVEL_ERROR, "failed", "cause", err.text, NULL);
    return 1;
}
