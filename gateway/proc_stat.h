/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells of a process: processor time and memory. For the parent, which sees /proc.
 */
#ifndef GATEWAY_PROC_STAT_H
#define GATEWAY_PROC_STAT_H

#include <stddef.h>
#include <sys/types.h>

#include "common/attr.h"
#include "common/err.h"
#include "common/ipc.pb-c.h"

/* Fill cpu_ms and memory of out; ERR_SYS, ERR_SYNTAX: they stay as they are. */
enum err proc_stat_read(pid_t pid, Ipc__MetricsProcess *out) MUST_USE;
/* The same from the content of /proc/PID/stat (proc(5)), of `ticks` per second and `page` bytes. */
enum err proc_stat_take(
    const char *text, unsigned long ticks, unsigned long page, Ipc__MetricsProcess *out) MUST_USE;

#endif
