/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ASA's numbered messages that Sekisho writes: LOGMSG_<id> is "severity, format" for
 * log_event(). Texts and severities: reference asa.md section 8.
 */
#ifndef COMMON_LOGMSG_H
#define COMMON_LOGMSG_H

/* The first packet of a flow that a vpn-filter's entry with "log" fits: permitted, denied. */
#define LOGMSG_106102                                                                              \
	LOG_INFO, "%%ASA-6-106102: access-list %s permitted %s for user %s %s/%s(%u) -> "          \
		  "%s/%s(%u) hit-cnt 1 first hit [0x%08x, 0x%08x]"
#define LOGMSG_106103                                                                              \
	LOG_WARNING, "%%ASA-4-106103: access-list %s denied %s for user %s %s/%s(%u) -> "          \
		     "%s/%s(%u) hit-cnt 1 first hit [0x%08x, 0x%08x]"
#define LOGMSG_109201                                                                              \
	LOG_NOTICE, "%%ASA-5-109201: UAUTH: Session=0x%08x, User=%s, Assigned IP=%s, Succeeded "   \
		    "adding entry."
#define LOGMSG_111008 LOG_NOTICE, "%%ASA-5-111008: User '%s' executed the '%s' command."
#define LOGMSG_113004 LOG_INFO, "%%ASA-6-113004: AAA user %s Successful : server =  %s : user = %s"
#define LOGMSG_113005                                                                              \
	LOG_INFO, "%%ASA-6-113005: AAA user %s Rejected : reason = %s : server = %s : user = %s "  \
		  ": user IP = %s"
#define LOGMSG_113006                                                                              \
	LOG_INFO, "%%ASA-6-113006: User %s locked out on exceeding %u successive failed "          \
		  "authentication attempts"
#define LOGMSG_113007 LOG_INFO, "%%ASA-6-113007: User %s unlocked by %s"
#define LOGMSG_113008 LOG_INFO, "%%ASA-6-113008: AAA transaction status ACCEPT : user = %s"
#define LOGMSG_113009                                                                              \
	LOG_INFO, "%%ASA-6-113009: AAA retrieved default group policy (%s) for user = %s"
#define LOGMSG_113010 LOG_INFO, "%%ASA-6-113010: AAA challenge received for user %s from server %s."
#define LOGMSG_113011                                                                              \
	LOG_INFO, "%%ASA-6-113011: AAA retrieved user specific group policy (%s) for user = %s"
#define LOGMSG_113012                                                                              \
	LOG_INFO, "%%ASA-6-113012: AAA user authentication Successful : local database : user = "  \
		  "%s"
#define LOGMSG_113013                                                                              \
	LOG_INFO, "%%ASA-6-113013: AAA unable to complete the request Error : reason = %s : "      \
		  "user = %s"
#define LOGMSG_113014                                                                              \
	LOG_INFO, "%%ASA-6-113014: AAA %s server not accessible : server = %s : user = %s"
#define LOGMSG_113015                                                                              \
	LOG_INFO, "%%ASA-6-113015: AAA user authentication Rejected : reason = %s : local "        \
		  "database : user = %s : user IP = %s"
#define LOGMSG_113018                                                                              \
	LOG_ERR, "%%ASA-3-113018: User: %s, Unsupported downloaded ACL Entry: %s, Action: %s"
#define LOGMSG_113019                                                                              \
	LOG_WARNING,                                                                               \
	    "%%ASA-4-113019: Group = %s, Username = %s, IP = %s, Session disconnected. Session "   \
	    "Type: %s, Duration: %s, Bytes xmt: %llu, Bytes rcv: %llu, Reason: %s"
#define LOGMSG_113022                                                                              \
	LOG_CRIT, "%%ASA-2-113022: AAA Marking %s server %s in aaa-server group %s as FAILED"
#define LOGMSG_113023                                                                              \
	LOG_CRIT, "%%ASA-2-113023: AAA Marking %s server %s in aaa-server group %s as ACTIVE"
#define LOGMSG_113029                                                                              \
	LOG_WARNING, "%%ASA-4-113029: Group %s User %s IP %s Session could not be established: "   \
		     "session limit of %u reached"
#define LOGMSG_113030                                                                              \
	LOG_WARNING, "%%ASA-4-113030: Group %s User %s IP %s User ACL %s from AAA doesn't exist "  \
		     "on the device, terminating connection."
#define LOGMSG_113033                                                                              \
	LOG_INFO, "%%ASA-6-113033: Group %s User %s IP %s AnyConnect session not allowed. ACL "    \
		  "parse error."
#define LOGMSG_113034                                                                              \
	LOG_WARNING, "%%ASA-4-113034: Group %s User %s IP %s User ACL %s from AAA ignored, "       \
		     "AV-PAIR ACL used instead."
#define LOGMSG_113036                                                                              \
	LOG_WARNING, "%%ASA-4-113036: Group %s User %s IP %s AAA parameter %s value invalid."
#define LOGMSG_113039                                                                              \
	LOG_INFO, "%%ASA-6-113039: Group <%s> User <%s> IP <%s> AnyConnect parent session "        \
		  "started."
#define LOGMSG_113040                                                                              \
	LOG_WARNING,                                                                               \
	    "%%ASA-4-113040: Group <%s> User <%s> IP <%s> Terminating the VPN connection attempt " \
	    "from <%s>. Reason: This connection is group locked to %s."
/* Of sources that are shunned; ours have no ports, and the interface is named as on most ASAs. */
#define LOGMSG_401002 LOG_WARNING, "%%ASA-4-401002: Shun added: %s %s %u %u"
#define LOGMSG_401003 LOG_WARNING, "%%ASA-4-401003: Shun deleted: %s"
#define LOGMSG_401004 LOG_WARNING, "%%ASA-4-401004: Shunned packet: %s ==> %s on interface outside"
#define LOGMSG_716002                                                                              \
	LOG_INFO, "%%ASA-6-716002: Group <%s> User <%s> IP <%s> WebVPN session terminated: %s."
#define LOGMSG_716039                                                                              \
	LOG_INFO, "%%ASA-6-716039: Group <%s> User <%s> IP <%s> Authentication: rejected, "        \
		  "Session Type: %s."
#define LOGMSG_716058                                                                              \
	LOG_INFO, "%%ASA-6-716058: Group <%s> User <%s> IP <%s> AnyConnect session lost "          \
		  "connection. Waiting to resume."
#define LOGMSG_716059                                                                              \
	LOG_INFO, "%%ASA-6-716059: Group <%s> User <%s> IP <%s> AnyConnect session resumed "       \
		  "connection from IP <%s>."
#define LOGMSG_717009                                                                              \
	LOG_ERR, "%%ASA-3-717009: Certificate validation failed. Reason: %s. serial number: %s, "  \
		 "subject name: %s."
#define LOGMSG_717022                                                                              \
	LOG_INFO, "%%ASA-6-717022: Certificate was successfully validated. serial number: %s, "    \
		  "subject name: %s."
#define LOGMSG_717027                                                                              \
	LOG_ERR, "%%ASA-3-717027: Certificate chain failed validation. Certificate chain is "      \
		 "either invalid or not authorized."
/* The end: "with warning, revocation status was not checked" or "with revocation check". */
#define LOGMSG_717028 LOG_INFO, "%%ASA-6-717028: Certificate chain was successfully validated %s."
#define LOGMSG_717030                                                                              \
	LOG_DEBUG, "%%ASA-7-717030: Found a suitable trustpoint %s to validate certificate."
#define LOGMSG_717037                                                                              \
	LOG_WARNING, "%%ASA-4-717037: Tunnel group search using certificate maps failed for peer " \
		     "certificate: serial number: %s, subject name: %s, issuer_name: %s."
#define LOGMSG_717038                                                                              \
	LOG_DEBUG, "%%ASA-7-717038: Tunnel group match found. Tunnel Group: %s, Peer "             \
		   "certificate: serial number: %s, subject name: %s, issuer_name: %s."
/* OCSP or CRL, and the URL; the ASA writes the addresses of both ends. */
#define LOGMSG_717056 LOG_INFO, "%%ASA-6-717056: Attempting %s revocation check to %s using HTTP"
#define LOGMSG_717054                                                                              \
	LOG_ALERT,                                                                                 \
	    "%%ASA-1-717054: The %s certificate in the trustpoint %s is due to expire in %u "      \
	    "days. Expiration %s Subject Name %s Issuer Name %s Serial Number %s"
#define LOGMSG_717055                                                                              \
	LOG_ALERT,                                                                                 \
	    "%%ASA-1-717055: The %s certificate in the trustpoint %s has expired. Expiration %s "  \
	    "Subject Name %s Issuer Name %s Serial Number %s"
#define LOGMSG_722001 LOG_WARNING, "%%ASA-4-722001: IP %s Error parsing SVC connect request."
#define LOGMSG_722003 LOG_WARNING, "%%ASA-4-722003: IP %s Error authenticating SVC connect request."
#define LOGMSG_722012                                                                              \
	LOG_NOTICE, "%%ASA-5-722012: Group <%s> User <%s> IP <%s> SVC Message: %u/%s: %.*s."
#define LOGMSG_722022                                                                              \
	LOG_INFO, "%%ASA-6-722022: Group <%s> User <%s> IP <%s> %s SVC connection established "    \
		  "without compression"
#define LOGMSG_722023                                                                              \
	LOG_INFO, "%%ASA-6-722023: Group <%s> User <%s> IP <%s> %s SVC connection terminated "     \
		  "without compression"
#define LOGMSG_722028                                                                              \
	LOG_NOTICE, "%%ASA-5-722028: Group <%s> User <%s> IP <%s> Stale SVC connection closed."
/* Data, and control where it is counted: we do not. */
#define LOGMSG_722030                                                                              \
	LOG_DEBUG, "%%ASA-7-722030: Group <%s> User <%s> IP <%s> SVC Session Termination: In: "    \
		   "%llu (+%u) bytes, %llu (+%u) packets, %llu drops."
#define LOGMSG_722031                                                                              \
	LOG_DEBUG, "%%ASA-7-722031: Group <%s> User <%s> IP <%s> SVC Session Termination: Out: "   \
		   "%llu (+%u) bytes, %llu (+%u) packets, %llu drops."
#define LOGMSG_722032                                                                              \
	LOG_NOTICE, "%%ASA-5-722032: Group <%s> User <%s> IP <%s> New %s SVC connection "          \
		    "replacing old connection."
#define LOGMSG_722033                                                                              \
	LOG_NOTICE, "%%ASA-5-722033: Group <%s> User <%s> IP <%s> First %s SVC connection "        \
		    "established for SVC session."
#define LOGMSG_722034                                                                              \
	LOG_NOTICE, "%%ASA-5-722034: Group <%s> User <%s> IP <%s> New %s SVC connection, no "      \
		    "existing connection."
#define LOGMSG_722037                                                                              \
	LOG_WARNING, "%%ASA-4-722037: Group <%s> User <%s> IP <%s> SVC closing connection: %s."
#define LOGMSG_722041                                                                              \
	LOG_WARNING, "%%ASA-4-722041: TunnelGroup <%s> GroupPolicy <%s> User <%s> IP <%s> No "     \
		     "IPv6 address available for SVC connection"
#define LOGMSG_722043                                                                              \
	LOG_NOTICE, "%%ASA-5-722043: Group <%s> User <%s> IP <%s> DTLS disabled: unable to "       \
		    "negotiate cipher"
#define LOGMSG_722050                                                                              \
	LOG_WARNING, "%%ASA-4-722050: Group <%s> User <%s> IP <%s> Session terminated: SVC not "   \
		     "enabled for the user"
#define LOGMSG_722051                                                                              \
	LOG_WARNING, "%%ASA-4-722051: Group <%s> User <%s> IP <%s> IPv4 Address <%s> IPv6 "        \
		     "address <%s> assigned to session"
#define LOGMSG_722055 LOG_INFO, "%%ASA-6-722055: Group <%s> User <%s> IP <%s> Client Type: %s"
/* Clients are outside: the name that the interface has on an ASA. */
#define LOGMSG_725001                                                                              \
	LOG_INFO,                                                                                  \
	    "%%ASA-6-725001: Starting SSL handshake with client outside:%s/%u for TLS session."
#define LOGMSG_725002                                                                              \
	LOG_INFO, "%%ASA-6-725002: Device completed SSL handshake with client outside:%s/%u for "  \
		  "%s session."
#define LOGMSG_725006                                                                              \
	LOG_INFO, "%%ASA-6-725006: Device failed SSL handshake with client outside:%s/%u"
#define LOGMSG_725007 LOG_INFO, "%%ASA-6-725007: SSL session with client outside:%s/%u terminated."
#define LOGMSG_725016                                                                              \
	LOG_INFO, "%%ASA-6-725016: Device selects trust-point %s for client outside:%s/%u to "     \
		  "%s/%u"
/* As Cisco describes it; no line of a real one was at hand (unverified). */
#define LOGMSG_733201                                                                              \
	LOG_WARNING, "%%ASA-4-733201: Threat-detection: Service[%s] Peer[%s]: failure threshold "  \
		     "of %u exceeded: adding shun to interface outside."
#define LOGMSG_737010                                                                              \
	LOG_INFO, "%%ASA-6-737010: IPAA: Session=0x%08x, AAA assigned address %s, succeeded"
#define LOGMSG_737012 LOG_WARNING, "%%ASA-4-737012: IPAA: Session=0x%08x, Address assignment failed"
#define LOGMSG_737014 LOG_INFO, "%%ASA-6-737014: IPAA: Session=0x%08x, Freeing AAA address %s"
#define LOGMSG_737016                                                                              \
	LOG_INFO, "%%ASA-6-737016: IPAA: Session=0x%08x, Freeing local pool %s address %s"
#define LOGMSG_737019                                                                              \
	LOG_WARNING, "%%ASA-4-737019: IPAA: Session=0x%08x, Unable to get address from "           \
		     "group-policy or tunnel-group local pools"
#define LOGMSG_737026                                                                              \
	LOG_INFO, "%%ASA-6-737026: IPAA: Session=0x%08x, Client assigned %s from local pool %s"
#define LOGMSG_737033                                                                              \
	LOG_INFO, "%%ASA-6-737033: IPAA: Session=0x%08x, Unable to assign AAA provided IP "        \
		  "address (%s) to client. This IP address has already been assigned by other "    \
		  "means."
#define LOGMSG_737038                                                                              \
	LOG_DEBUG,                                                                                 \
	    "%%ASA-7-737038: IPAA: Session=0x%08x, specified address %s was in-use, trying to "    \
	    "get another."

#endif
