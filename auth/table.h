/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uthash, set up for auth: an allocation that fails is an error that the caller handles, not the
 * end of the process (design.md 6, INV-7). After HASH_ADD*, table_added() tells whether it worked.
 */
#ifndef AUTH_TABLE_H
#define AUTH_TABLE_H

#define HASH_NONFATAL_OOM 1
/* Its default falls through switch labels in a way that clang does not accept. Keys are random or
 * our own. */
#define HASH_FUNCTION HASH_OAT

#include <uthash.h>
#include <utlist.h>

#define table_added(elt, handle) ((elt)->handle.tbl != NULL)

#endif
