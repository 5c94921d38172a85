/* SPDX-License-Identifier: Apache-2.0 */
/* tun by ioctl, addresses and routes by rtnetlink. Runs in the parent, at start and at a reload;
 * the kernel answers at once. */
#include "gateway/netif.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/ip.h"
#include "common/log.h"
#include "common/str.h"
#include "conf/syntax.h"

#define NETLINK_BUF 4096

struct request {
	char buf[NETLINK_BUF];
	struct nlmsghdr *head;
};

static struct mnl_socket *
netlink_open(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl == NULL)
		return NULL;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl);
		return NULL;
	}
	return nl;
}

static void *
request_init(struct request *req, uint16_t type, uint16_t flags, size_t payload)
{
	memset(req, 0, sizeof(*req));
	req->head = mnl_nlmsg_put_header(req->buf);
	req->head->nlmsg_type = type;
	req->head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	req->head->nlmsg_seq = 1;
	return mnl_nlmsg_put_extra_header(req->head, payload);
}

/* Send and wait for the kernel's acknowledgement; it answers at once. */
static enum err
request_run(struct mnl_socket *nl, struct request *req)
{
	char answer[NETLINK_BUF];
	ssize_t n;

	if (mnl_socket_sendto(nl, req->head, req->head->nlmsg_len) < 0)
		return ERR_SYS;
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	if (n < 0 || mnl_cb_run(answer, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL) < 0)
		return ERR_SYS;
	return ERR_OK;
}

static int
address_family(const struct ip_addr *addr)
{
	return addr->family == 4 ? AF_INET : AF_INET6;
}

static enum err
link_up(struct mnl_socket *nl, unsigned ifindex, unsigned mtu)
{
	struct request req;
	struct ifinfomsg *info = request_init(&req, RTM_NEWLINK, 0, sizeof(*info));

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)ifindex;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	mnl_attr_put_u32(req.head, IFLA_MTU, mtu);
	return request_run(nl, &req);
}

static enum err
address_add(struct mnl_socket *nl, unsigned ifindex, const struct ip_addr *addr, uint8_t prefix_len)
{
	struct request req;
	struct ifaddrmsg *msg =
	    request_init(&req, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*msg));

	msg->ifa_family = (uint8_t)address_family(addr);
	msg->ifa_prefixlen = prefix_len;
	msg->ifa_index = ifindex;
	msg->ifa_scope = RT_SCOPE_UNIVERSE;
	/* Nobody else is on this link: duplicate address detection would only make the address
	 * late. */
	if (addr->family == 6)
		msg->ifa_flags = IFA_F_NODAD;
	mnl_attr_put(req.head, IFA_LOCAL, ip_len(addr), addr->bytes);
	mnl_attr_put(req.head, IFA_ADDRESS, ip_len(addr), addr->bytes);
	return request_run(nl, &req);
}

static enum err
route_change(struct mnl_socket *nl, unsigned ifindex, const struct ip_prefix *prefix, bool remove)
{
	uint16_t type = remove ? RTM_DELROUTE : RTM_NEWROUTE;
	uint16_t flags = remove ? 0 : NLM_F_CREATE | NLM_F_REPLACE;
	struct request req;
	struct rtmsg *msg = request_init(&req, type, flags, sizeof(*msg));

	msg->rtm_family = (uint8_t)address_family(&prefix->addr);
	msg->rtm_dst_len = prefix->len;
	msg->rtm_table = RT_TABLE_MAIN;
	msg->rtm_protocol = RTPROT_STATIC;
	msg->rtm_scope = prefix->addr.family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	msg->rtm_type = RTN_UNICAST;
	mnl_attr_put(req.head, RTA_DST, ip_len(&prefix->addr), prefix->addr.bytes);
	mnl_attr_put_u32(req.head, RTA_OIF, ifindex);
	return request_run(nl, &req);
}

static enum err
address_configure(struct mnl_socket *nl, unsigned ifindex, const char *text)
{
	struct ip_addr addr;
	uint8_t prefix_len;
	enum err err;

	if (text == NULL)
		return ERR_OK;
	err = syntax_interface_address(text, &addr, &prefix_len);
	if (err == ERR_OK)
		err = address_add(nl, ifindex, &addr, prefix_len);
	if (err != ERR_OK)
		log_err("cannot add address %s to the tun interface: %m", text);
	return err;
}

/* Talk to the kernel about the interface; *nl_out is the caller's. ERR_SYS: logged. */
static enum err
interface_find(const struct conf_object *tun, struct mnl_socket **nl_out, unsigned *ifindex)
{
	const char *name = conf_str(tun, TUN_NAME);
	struct mnl_socket *nl = netlink_open();
	struct ifreq ifr = {0};

	if (nl == NULL || str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name) != ERR_OK ||
	    ioctl(mnl_socket_get_fd(nl), SIOCGIFINDEX, &ifr) < 0) {
		log_err("cannot find interface %s: %m", name);
		if (nl != NULL)
			mnl_socket_close(nl);
		return ERR_SYS;
	}
	*nl_out = nl;
	*ifindex = (unsigned)ifr.ifr_ifindex;
	return ERR_OK;
}

enum err
netif_configure(const struct conf_object *tun)
{
	struct mnl_socket *nl;
	unsigned ifindex;
	enum err err = interface_find(tun, &nl, &ifindex);

	if (err != ERR_OK)
		return err;
	/* Up first: a route needs it. The MTU before IPv6, which wants 1280. */
	err = link_up(nl, ifindex, (unsigned)conf_int(tun, TUN_MTU));
	if (err != ERR_OK)
		log_err("cannot bring up interface %s: %m", conf_str(tun, TUN_NAME));
	if (err == ERR_OK)
		err = address_configure(nl, ifindex, conf_str(tun, TUN_IPV4_ADDRESS));
	if (err == ERR_OK)
		err = address_configure(nl, ifindex, conf_str(tun, TUN_IPV6_ADDRESS));
	mnl_socket_close(nl);
	return err;
}

/* Adding stops at the first that fails, removing goes on. */
static enum err
change_routes(const struct conf_object *tun, const struct ip_prefix *list, size_t len, bool remove)
{
	struct mnl_socket *nl;
	unsigned ifindex;
	enum err err;

	if (len == 0)
		return ERR_OK;
	err = interface_find(tun, &nl, &ifindex);
	if (err != ERR_OK)
		return err;
	for (size_t i = 0; i < len; i++) {
		char text[IP_STR_MAX];

		if (route_change(nl, ifindex, &list[i], remove) == ERR_OK ||
		    (remove && errno == ESRCH))
			continue;
		log_err("cannot %s the route of %s %s %s: %m", remove ? "remove" : "add",
		    ip_prefix_str(&list[i], text), remove ? "from" : "to", conf_str(tun, TUN_NAME));
		err = ERR_SYS;
		if (!remove)
			break;
	}
	mnl_socket_close(nl);
	return err;
}

enum err
netif_add_routes(const struct conf_object *tun, const struct ip_prefix *list, size_t len)
{
	return change_routes(tun, list, len, false);
}

void
netif_remove_routes(const struct conf_object *tun, const struct ip_prefix *list, size_t len)
{
	(void)change_routes(tun, list, len, true);
}

static int
queue_open(const char *name)
{
	struct ifreq ifr = {0};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	if (str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name) != ERR_OK ||
	    ioctl(fd, TUNSETIFF, &ifr) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

enum err
netif_open(const struct conf_object *tun, int *fds, size_t queues)
{
	const char *name = conf_str(tun, TUN_NAME);

	for (size_t i = 0; i < queues; i++) {
		fds[i] = queue_open(name);
		if (fds[i] < 0) {
			log_err("cannot open queue %zu of tun interface %s: %m", i, name);
			while (i-- > 0) {
				close(fds[i]);
				fds[i] = -1;
			}
			return ERR_SYS;
		}
	}
	return ERR_OK;
}

bool
netif_is_open(int queue)
{
	struct ifreq ifr = {0};

	return queue >= 0 && ioctl(queue, TUNGETIFF, &ifr) == 0;
}

static bool
forwards(const char *path)
{
	char value = '1';
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true;
	if (read(fd, &value, 1) != 1)
		value = '1';
	close(fd);
	return value != '0';
}

void
netif_warn_forwarding(const struct conf *conf)
{
	const struct conf_object *const *pools;

	if (conf_objects(conf, CONF_IP_LOCAL_POOL, &pools) > 0 &&
	    !forwards("/proc/sys/net/ipv4/ip_forward"))
		log_warn("the kernel does not forward IPv4: clients reach only this host (sysctl "
			 "net.ipv4.ip_forward=1)");
	if (conf_objects(conf, CONF_IPV6_LOCAL_POOL, &pools) > 0 &&
	    !forwards("/proc/sys/net/ipv6/conf/all/forwarding"))
		log_warn("the kernel does not forward IPv6: clients reach only this host (sysctl "
			 "net.ipv6.conf.all.forwarding=1)");
}
