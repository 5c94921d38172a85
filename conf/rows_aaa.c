/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of aaa.conf. None: passwords are checked against users.conf, for which it needs no
 * setting. */
#include "conf/row.h"

const struct row_kind rows_aaa = {.rows = NULL, .len = AAA_COUNT};
