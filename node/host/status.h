/* status: what a process tells about itself: /healthz, /readyz, /metrics (Prometheus text), /status (JSON, the words of
 * `tidegate status`). */
#ifndef TIDEGATE_HOST_STATUS_H
#define TIDEGATE_HOST_STATUS_H

struct host;
int status_routes(struct host *h);

#endif
