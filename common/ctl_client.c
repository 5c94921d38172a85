/* SPDX-License-Identifier: Apache-2.0 */
/* The blocking end of the control socket. What the daemon says is made printable before it leaves
 * here. */
#include "common/ctl_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ipc.h"
#include "common/str.h"

enum err
ctl_connect(const char *path, int *fd_out)
{
	/* A daemon that hangs may have a full backlog: connect() waits for that too. */
	const struct timeval timeout = {.tv_sec = CTL_TIMEOUT_SEC};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int saved_errno;
	int fd;

	if (str_copy(addr.sun_path, sizeof(addr.sun_path), path) != ERR_OK)
		return ERR_LIMIT;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_SYS;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		saved_errno = errno;
		close(fd);
		errno = saved_errno;
		return ERR_SYS;
	}
	*fd_out = fd;
	return ERR_OK;
}

const char *
ctl_hint(int errnum)
{
	static const struct {
		int errnum;
		const char *hint;
	} hints[] = {
	    {ENOENT, "sekishod is not running, or its control-socket.path is another one"},
	    {ENOTDIR, "sekishod is not running, or its control-socket.path is another one"},
	    {ECONNREFUSED, "the socket is there but nobody listens: sekishod is not running"},
	    {EACCES, "only root and the members of control-socket.group may ask"},
	    {EAGAIN, "sekishod is there but does not answer"},
	    {EPROTOTYPE, "this is not a socket of sekishod"},
	};

	for (size_t i = 0; i < ARRAY_LEN(hints); i++)
		if (hints[i].errnum == errnum)
			return hints[i].hint;
	return "is sekishod running?";
}

enum err
ctl_receive(int fd, unsigned timeout_sec, Ipc__MsgType *type, ProtobufCMessage **msg)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};
	int passed_fd = -1;
	enum err err;
	int n;

	do {
		n = poll(&pollfd, 1, (int)timeout_sec * 1000);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? ERR_TIMEOUT : ERR_SYS;
	err = ipc_read_blocking(fd, type, msg, &passed_fd);
	if (err == ERR_OK && passed_fd >= 0)
		close(passed_fd);
	return err;
}

/* Text of several lines, each made printable; what does not fit is cut. */
static void
printable_lines(char *dst, size_t dst_size, const char *text)
{
	size_t used = 0;

	dst[0] = '\0';
	while (*text != '\0' && used + 2 < dst_size) {
		size_t len = strcspn(text, "\n");
		char line[1024];

		(void)str_copy_n(
		    line, sizeof(line), text, len < sizeof(line) ? len : sizeof(line) - 1);
		str_printable(dst + used, dst_size - used - 1, line);
		used += strlen(dst + used);
		text += len;
		if (*text == '\n') {
			dst[used++] = '\n';
			dst[used] = '\0';
			text++;
		}
	}
}

void
ctl_put_lines(struct buf *out, const char *text)
{
	while (*text != '\0') {
		uint32_t code;
		size_t len = str_utf8(text, &code);

		if (len > 0 && (code == '\n' || !str_is_control(code)))
			buf_put(out, text, len);
		else
			buf_put_u8(out, '?');
		text += len > 0 ? len : 1;
	}
}

enum err
ctl_reload(int fd, char *text, size_t text_size)
{
	Ipc__CtlReload request = IPC__CTL_RELOAD__INIT;
	ProtobufCMessage *msg = NULL;
	Ipc__MsgType type;
	enum err err = ipc_write_blocking(fd, IPC__MSG_TYPE__MSG_CTL_RELOAD, &request.base, -1);

	text[0] = '\0';
	if (err == ERR_OK)
		err = ctl_receive(fd, CTL_RELOAD_TIMEOUT_SEC, &type, &msg);
	if (err != ERR_OK)
		return err;
	if (type == IPC__MSG_TYPE__MSG_CTL_END) {
		const Ipc__CtlEnd *end = (const Ipc__CtlEnd *)msg;

		err = end->error[0] != '\0' ? ERR_DENIED : ERR_OK;
		printable_lines(text, text_size, err == ERR_OK ? end->text : end->error);
	} else {
		err = ERR_SYNTAX;
	}
	protobuf_c_message_free_unpacked(msg, NULL);
	return err;
}
