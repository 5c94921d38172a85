/* SPDX-License-Identifier: Apache-2.0 */
/* tun by ioctl, addresses and routes by rtnetlink. Runs in the parent at start, may block. */
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
route_add(struct mnl_socket *nl, unsigned ifindex, const struct ip_addr *addr, uint8_t prefix_len)
{
	struct request req;
	struct rtmsg *msg =
	    request_init(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*msg));

	msg->rtm_family = (uint8_t)address_family(addr);
	msg->rtm_dst_len = prefix_len;
	msg->rtm_table = RT_TABLE_MAIN;
	msg->rtm_protocol = RTPROT_STATIC;
	msg->rtm_scope = addr->family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	msg->rtm_type = RTN_UNICAST;
	mnl_attr_put(req.head, RTA_DST, ip_len(addr), addr->bytes);
	mnl_attr_put_u32(req.head, RTA_OIF, ifindex);
	return request_run(nl, &req);
}

/* "10.1.2.3/24": an address with the prefix length of its network, host bits kept. */
static enum err
interface_address_parse(const char *text, struct ip_addr *addr, uint8_t *prefix_len)
{
	const char *slash = strchr(text, '/');
	char host[IP_STR_MAX];
	uint64_t len;
	enum err err;

	if (slash == NULL)
		return ERR_SYNTAX;
	err = str_copy_n(host, sizeof(host), text, (size_t)(slash - text));
	if (err == ERR_OK)
		err = ip_parse(host, addr);
	if (err == ERR_OK)
		err = str_to_u64(slash + 1, 1, ip_len(addr) * 8, &len);
	if (err == ERR_OK)
		*prefix_len = (uint8_t)len;
	return err;
}

/* Trailing zero bits of an address: how large an aligned block may start there. */
static unsigned
trailing_zeros(const struct ip_addr *addr)
{
	unsigned bits = 0;

	for (size_t i = ip_len(addr); i-- > 0;) {
		if (addr->bytes[i] != 0)
			return bits + (unsigned)__builtin_ctz(addr->bytes[i]);
		bits += 8;
	}
	return bits;
}

/* Cover [first, first + count) with the fewest prefixes and route each to the interface. */
static enum err
range_route(struct mnl_socket *nl, unsigned ifindex, struct ip_addr first, uint64_t count)
{
	while (count > 0) {
		unsigned block = trailing_zeros(&first);
		enum err err;

		while (block > 63 || (UINT64_C(1) << block) > count)
			block--;
		err = route_add(nl, ifindex, &first, (uint8_t)(ip_len(&first) * 8 - block));
		if (err != ERR_OK)
			return err;
		count -= UINT64_C(1) << block;
		if (count > 0 && ip_add(&first, UINT64_C(1) << block, &first) != ERR_OK)
			return ERR_RANGE;
	}
	return ERR_OK;
}

static enum err
pool4_route(struct mnl_socket *nl, unsigned ifindex, const struct conf_object *pool)
{
	const char *range = conf_str(pool, POOL_RANGE);
	const char *dash = strchr(range, '-');
	struct ip_addr first, last;
	char text[IP_STR_MAX];
	uint64_t distance;
	enum err err = dash == NULL ? ERR_SYNTAX
				    : str_copy_n(text, sizeof(text), range, (size_t)(dash - range));

	if (err == ERR_OK)
		err = ip_parse(text, &first);
	if (err == ERR_OK)
		err = ip_parse(dash + 1, &last);
	if (err == ERR_OK)
		err = ip_distance(&first, &last, &distance);
	return err == ERR_OK ? range_route(nl, ifindex, first, distance + 1) : err;
}

static enum err
pool6_route(struct mnl_socket *nl, unsigned ifindex, const struct conf_object *pool)
{
	struct ip_addr first;
	uint8_t prefix_len;
	enum err err = interface_address_parse(conf_str(pool, POOL6_PREFIX), &first, &prefix_len);

	if (err != ERR_OK)
		return err;
	return range_route(nl, ifindex, first, (uint64_t)conf_int(pool, POOL6_SIZE));
}

static enum err
pools_route(struct mnl_socket *nl, unsigned ifindex, const struct conf *conf)
{
	const struct conf_object *const *pools;
	size_t len = conf_objects(conf, CONF_IP_LOCAL_POOL, &pools);
	enum err err = ERR_OK;

	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = pool4_route(nl, ifindex, pools[i]);
	len = conf_objects(conf, CONF_IPV6_LOCAL_POOL, &pools);
	for (size_t i = 0; i < len && err == ERR_OK; i++)
		err = pool6_route(nl, ifindex, pools[i]);
	return err;
}

static enum err
address_configure(struct mnl_socket *nl, unsigned ifindex, const char *text)
{
	struct ip_addr addr;
	uint8_t prefix_len;
	enum err err;

	if (text == NULL)
		return ERR_OK;
	err = interface_address_parse(text, &addr, &prefix_len);
	if (err == ERR_OK)
		err = address_add(nl, ifindex, &addr, prefix_len);
	if (err != ERR_OK)
		log_err("cannot add address %s to the tun interface: %m", text);
	return err;
}

enum err
netif_configure(const struct conf *conf, const struct conf_object *tun)
{
	const char *name = conf_str(tun, TUN_NAME);
	struct mnl_socket *nl = netlink_open();
	struct ifreq ifr = {0};
	unsigned ifindex = 0;
	enum err err = ERR_SYS;

	if (nl == NULL || str_copy(ifr.ifr_name, sizeof(ifr.ifr_name), name) != ERR_OK ||
	    ioctl(mnl_socket_get_fd(nl), SIOCGIFINDEX, &ifr) < 0) {
		log_err("cannot find interface %s: %m", name);
		goto out;
	}
	ifindex = (unsigned)ifr.ifr_ifindex;
	/* Up first: a route needs it. The MTU before IPv6, which wants 1280. */
	err = link_up(nl, ifindex, (unsigned)conf_int(tun, TUN_MTU));
	if (err != ERR_OK) {
		log_err("cannot bring up interface %s: %m", name);
		goto out;
	}
	err = address_configure(nl, ifindex, conf_str(tun, TUN_IPV4_ADDRESS));
	if (err == ERR_OK)
		err = address_configure(nl, ifindex, conf_str(tun, TUN_IPV6_ADDRESS));
	if (err == ERR_OK && conf_bool(tun, TUN_POOL_ROUTES)) {
		err = pools_route(nl, ifindex, conf);
		if (err != ERR_OK)
			log_err("cannot route a local pool to %s: %m", name);
	}
out:
	if (nl != NULL)
		mnl_socket_close(nl);
	return err;
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
			while (i-- > 0)
				close(fds[i]);
			return ERR_SYS;
		}
	}
	return ERR_OK;
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
