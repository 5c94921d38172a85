/* SPDX-License-Identifier: Apache-2.0 */
/* The output of each run is collected first and painted in one write: nothing flickers. */
#include "tools/ctl_watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/str.h"
#include "tools/ctl_options.h"

#define OUTPUT_MAX (256U << 20)
#define SCREEN_MAX (1U << 20)

/* Everything that a run writes, errors too. */
static void
collect(int (*run)(void *arg), void *arg, struct buf *out)
{
	char chunk[4096];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) != 0 || (pid = fork()) < 0)
		ctl_fail(CTL_OPTIONS_DAEMON, "cannot run the command: %s", strerror(errno));
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		status = run(arg);
		exit(status);
	}
	close(fds[1]);
	while ((n = read(fds[0], chunk, sizeof(chunk))) > 0)
		buf_put(out, chunk, (size_t)n);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* A line, cut to the width: by characters, not bytes. */
static const char *
put_line(struct buf *out, const char *text, unsigned columns)
{
	uint32_t code;
	size_t len;

	for (unsigned used = 0; *text != '\0' && *text != '\n'; text += len, used++) {
		len = str_utf8(text, &code);
		if (len == 0)
			len = 1;
		if (used < columns)
			buf_put(out, text, len);
	}
	return *text == '\n' ? text + 1 : text;
}

static void
paint(const char *text, const char *title, unsigned seconds, const struct winsize *size)
{
	struct buf screen, head;
	char when[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof(when), "%H:%M:%S", &tm);
	buf_init(&screen, SCREEN_MAX);
	buf_init(&head, 1024);
	buf_printf(&head, "Every %u s: %.200s  %s", seconds, title, when);
	/* From the upper left corner, each line to its end, and what is below. */
	buf_puts(&screen, "\033[H");
	(void)put_line(&screen, buf_cstr(&head), size->ws_col);
	buf_puts(&screen, "\033[K\r\n\033[K");
	for (unsigned row = 2; row < size->ws_row && *text != '\0'; row++) {
		buf_puts(&screen, "\r\n");
		text = put_line(&screen, text, size->ws_col);
		buf_puts(&screen, "\033[K");
	}
	buf_puts(&screen, "\033[J");
	fputs(buf_cstr(&screen), stdout);
	fflush(stdout);
	buf_fini(&screen);
	buf_fini(&head);
}

void
ctl_watch(unsigned seconds, const char *title, int (*run)(void *arg), void *arg)
{
	bool first = true;

	for (;; first = false) {
		struct winsize size = {0};
		struct buf out;

		buf_init(&out, OUTPUT_MAX);
		collect(run, arg, &out);
		if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
		    size.ws_row > 2 && size.ws_col > 0) {
			paint(buf_cstr(&out), title, seconds, &size);
		} else {
			printf("%s%s", first ? "" : "\n", buf_cstr(&out));
			fflush(stdout);
		}
		buf_fini(&out);
		if (ferror(stdout))
			exit(CTL_OPTIONS_DAEMON);
		sleep(seconds);
	}
}
