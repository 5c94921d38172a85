/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a password or a pass phrase: on a terminal with echo off, or a line of a file. */
#include "tools/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void
on_signal(int signal)
{
	caught = signal;
}

static bool
wrong(const char **why, const char *text)
{
	*why = text;
	return false;
}

/*
 * mask: the signals to let in while waiting, because one that comes between the prompt and the
 * read must end the read; NULL: just read.
 */
static bool
read_line(int fd, const sigset_t *mask, char line[PROMPT_LINE_MAX], const char **why)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	char c = '\0';
	ssize_t n = -1;

	/* Byte by byte, so that nothing of the input is left in a buffer of stdio. */
	while ((mask == NULL || ppoll(&ready, 1, NULL, mask) == 1) && (n = read(fd, &c, 1)) == 1 &&
	       c != '\n' && c != '\0') {
		if (len + 1 >= PROMPT_LINE_MAX)
			return wrong(why, "is too long");
		line[len++] = c;
		n = -1;
	}
	line[len] = '\0';
	if (c == '\0' && n == 1)
		return wrong(why, "has a zero byte");
	if (caught == 0 && (n < 0 || (n == 0 && len == 0)))
		return wrong(why, "was not given");
	return caught == 0 ? true : wrong(why, NULL);
}

bool
prompt_read(int fd, char line[PROMPT_LINE_MAX], const char **why)
{
	return read_line(fd, NULL, line, why);
}

bool
prompt_ask(int tty, const char *prompt, char line[PROMPT_LINE_MAX], const char **why)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction old[ARRAY_LEN(signals)];
	struct sigaction action = {.sa_handler = on_signal};
	struct termios saved;
	sigset_t blocked, mask;

	if (tcgetattr(tty, &saved) != 0)
		return wrong(why, "cannot be asked for: there is no terminal");
	struct termios silent = saved;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &action, &old[i]);
	*why = "cannot be asked for: the terminal is broken";
	bool fine = tcsetattr(tty, TCSAFLUSH, &silent) == 0 &&
		    write(tty, prompt, strlen(prompt)) >= 0 && read_line(tty, &mask, line, why);
	tcsetattr(tty, TCSAFLUSH, &saved);
	if (write(tty, "\n", 1) != 1)
		fine = false;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (caught != 0)
		raise(caught);
	return fine;
}
