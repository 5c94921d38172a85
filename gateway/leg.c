/* SPDX-License-Identifier: Apache-2.0 */
/* The rules about a channel's two legs: life and choice. */
#include "gateway/leg.h"

void
leg_life_init(struct leg_life *life, uint64_t now_ms)
{
	*life = (struct leg_life){.rx_ms = now_ms};
}

void
leg_life_heard(struct leg_life *life, uint64_t now_ms)
{
	life->rx_ms = now_ms;
	life->probes = 0;
}

enum leg_verdict
leg_life_check(struct leg_life *life, uint64_t dpd_ms, uint64_t now_ms)
{
	uint64_t silent_ms = now_ms - life->rx_ms;

	if (dpd_ms == 0 || silent_ms < dpd_ms + life->probes * dpd_ms / 2)
		return LEG_ALIVE;
	if (life->probes >= 2)
		return LEG_DEAD;
	life->probes++;
	return LEG_PROBE;
}

static void
heard(struct leg_choice *choice, uint64_t now_ms)
{
	choice->dtls_rx_ms = now_ms;
	choice->sent = false;
}

static void
leave_dtls(struct leg_choice *choice)
{
	choice->dtls = false;
	choice->left = true;
}

void
leg_choice_event(struct leg_choice *choice, enum leg_event event, uint64_t now_ms)
{
	switch (event) {
	case LEG_DTLS_UP:
		/* The client probes its MTU now and throws data away that arrives meanwhile. */
		heard(choice, now_ms);
		choice->dtls_up = true;
		choice->dtls = false;
		choice->left = false;
		choice->dtls_hold_ms = now_ms + LEG_PROBE_SILENCE_MS;
		break;
	case LEG_DTLS_DOWN:
		choice->dtls_up = false;
		choice->dtls = false;
		break;
	case LEG_DTLS_DATA:
		heard(choice, now_ms);
		choice->dtls = choice->dtls_up;
		choice->left = false;
		break;
	case LEG_DTLS_DPD_REQ:
		heard(choice, now_ms);
		choice->dtls_hold_ms = now_ms + LEG_PROBE_SILENCE_MS;
		break;
	case LEG_DTLS_OTHER:
		heard(choice, now_ms);
		break;
	case LEG_TLS_DATA:
		if (choice->dtls && now_ms - choice->dtls_rx_ms >= LEG_QUIET_MS)
			leave_dtls(choice);
		break;
	}
}

enum leg_verdict
leg_choice_tick(struct leg_choice *choice, uint64_t now_ms)
{
	uint64_t silent_ms = now_ms - choice->dtls_rx_ms;

	if (!choice->dtls_up)
		return LEG_ALIVE;
	if (!choice->dtls) {
		if (!choice->left && now_ms >= choice->dtls_hold_ms)
			choice->dtls = true;
		return LEG_ALIVE;
	}
	if (!choice->sent || silent_ms < LEG_SUSPECT_MS)
		return LEG_ALIVE;
	if (silent_ms < LEG_DEAF_MS)
		return LEG_PROBE;
	leave_dtls(choice);
	return LEG_ALIVE;
}
