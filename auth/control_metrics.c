/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is sent piece by piece. */
#include "auth/control_metrics.h"

#include <stdlib.h>
#include <string.h>

struct control_metrics {
	struct buf text;
	size_t at;
	size_t len; /* of the piece at hand */
	char piece[CONTROL_METRICS_PAGE + 1];
};

struct control_metrics *
control_metrics_new(const struct metrics *metrics)
{
	struct control_metrics *text = calloc(1, sizeof(*text));

	if (text == NULL)
		return NULL;
	buf_init(&text->text, METRICS_TEXT_MAX);
	if (metrics_write(metrics, &text->text) != ERR_OK) {
		control_metrics_free(text);
		return NULL;
	}
	return text;
}

void
control_metrics_free(struct control_metrics *text)
{
	if (text == NULL)
		return;
	buf_fini(&text->text);
	free(text);
}

enum err
control_metrics_next(struct control_metrics *text, Ipc__CtlMetricsPage *out)
{
	const char *from = (const char *)text->text.data + text->at;
	size_t len = text->text.len - text->at;

	if (len == 0)
		return ERR_NOTFOUND;
	if (len > CONTROL_METRICS_PAGE) {
		len = CONTROL_METRICS_PAGE;
		while (len > 0 && from[len - 1] != '\n')
			len--;
		if (len == 0) /* no line of ours is so long */
			len = CONTROL_METRICS_PAGE;
	}
	memcpy(text->piece, from, len);
	text->piece[len] = '\0';
	text->len = len;
	ipc__ctl_metrics_page__init(out);
	out->text = text->piece;
	return ERR_OK;
}

void
control_metrics_sent(struct control_metrics *text)
{
	text->at += text->len;
	text->len = 0;
}
