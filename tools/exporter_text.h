/* SPDX-License-Identifier: Apache-2.0 */
/* The two texts that a scraper may want: OpenMetrics 1.0 as the daemon writes it, and the older
 * Prometheus text 0.0.4. Pure. */
#ifndef TOOLS_EXPORTER_TEXT_H
#define TOOLS_EXPORTER_TEXT_H

#include <stdbool.h>

#include "common/buf.h"

#define EXPORTER_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define EXPORTER_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

/* Does an Accept header (NULL: none) ask for OpenMetrics? */
bool exporter_text_wants_openmetrics(const char *accept);
/*
 * Append what is told of a daemon: whether it is there (sekisho_up), and its own text ("" when it
 * is not), which is OpenMetrics with its "# EOF". openmetrics: the format wanted. The error is
 * out's.
 */
void exporter_text_write(struct buf *out, bool up, const char *text, bool openmetrics);

#endif
