/* SPDX-License-Identifier: Apache-2.0 */
/* The modes with clients: which clients are started, when, and what the run says at its end. */
#ifndef TESTS_LOAD_RUN_H
#define TESTS_LOAD_RUN_H

#include "tests/load/load_options.h"

/* Run until the end; prints the result. 0, or 1 when nothing could be begun. */
int load_run(const struct load_options *opt);

#endif
