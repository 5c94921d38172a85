/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of the kernel counts, so that a quick down and up is seen; where it had to leave
 * some out (ENOBUFS), the interface's state does. */
#include "gateway/netif_watch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/log.h"
#include "common/str.h"

#define READ_BUF 32768 /* a link's message is about 2 KB */

struct netif_watch {
	char name[IFNAMSIZ];
	bool up;
	struct mnl_socket *nl;
	struct event *event;
	void (*on_event)(enum netif_event event, void *arg);
	void *arg;
	char buf[READ_BUF];
};

static void
tell_up(struct netif_watch *watch, bool up)
{
	if (up == watch->up)
		return;
	watch->up = up;
	watch->on_event(up ? NETIF_UP : NETIF_DOWN, watch->arg);
}

static void
tell_gone(struct netif_watch *watch)
{
	watch->up = false;
	watch->on_event(NETIF_GONE, watch->arg);
}

static int
on_attribute(const struct nlattr *attr, void *arg)
{
	const char **name = arg;

	if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
		*name = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

static int
on_message(const struct nlmsghdr *head, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(head);
	struct netif_watch *watch = arg;
	const char *name = NULL;

	if (mnl_nlmsg_get_payload_len(head) < sizeof(*info) ||
	    mnl_attr_parse(head, sizeof(*info), on_attribute, &name) < 0 || name == NULL ||
	    strcmp(name, watch->name) != 0)
		return MNL_CB_OK;
	if (head->nlmsg_type == RTM_NEWLINK)
		tell_up(watch, (info->ifi_flags & IFF_UP) != 0);
	else if (head->nlmsg_type == RTM_DELLINK)
		tell_gone(watch);
	return MNL_CB_OK;
}

static void
look(struct netif_watch *watch)
{
	struct ifreq ifr = {0};

	memcpy(ifr.ifr_name, watch->name, sizeof(ifr.ifr_name));
	if (ioctl(mnl_socket_get_fd(watch->nl), SIOCGIFFLAGS, &ifr) < 0)
		tell_gone(watch);
	else
		tell_up(watch, (ifr.ifr_flags & IFF_UP) != 0);
}

static void
on_readable(UNUSED evutil_socket_t fd, UNUSED short what, void *arg)
{
	struct netif_watch *watch = arg;
	ssize_t n = mnl_socket_recvfrom(watch->nl, watch->buf, sizeof(watch->buf));

	if (n > 0)
		(void)mnl_cb_run(watch->buf, (size_t)n, 0, 0, on_message, watch);
	else if (n < 0 && (errno == ENOBUFS || errno == ENOSPC))
		look(watch);
}

struct netif_watch *
netif_watch_new(struct loop *loop, const char *name,
    void (*on_event)(enum netif_event event, void *arg), void *arg)
{
	struct netif_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->up = true;
	watch->on_event = on_event;
	watch->arg = arg;
	watch->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (watch->nl != NULL && str_copy(watch->name, sizeof(watch->name), name) == ERR_OK &&
	    mnl_socket_bind(watch->nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) == 0)
		watch->event = event_new(loop_base(loop), mnl_socket_get_fd(watch->nl),
		    EV_READ | EV_PERSIST, on_readable, watch);
	if (watch->event != NULL && event_add(watch->event, NULL) == 0)
		return watch;
	log_err("cannot watch interface %s: %m", name);
	netif_watch_free(watch);
	return NULL;
}

void
netif_watch_free(struct netif_watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->event != NULL)
		event_free(watch->event);
	if (watch->nl != NULL)
		mnl_socket_close(watch->nl);
	free(watch);
}
