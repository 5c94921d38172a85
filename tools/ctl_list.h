/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of sekishoctl that have no program of their own. Each returns the exit status, or ends
 * the program with one of ctl_options.h. line->arg is the struct ctl_options. */
#ifndef TOOLS_CTL_LIST_H
#define TOOLS_CTL_LIST_H

#include "tools/ctl_words.h"

/* ctl_list.c */
int ctl_list_summary(const struct ctl_words_line *line);
int ctl_list_pools(const struct ctl_words_line *line);
int ctl_list_lockouts(const struct ctl_words_line *line);
/* ctl_running.c */
int ctl_running(const struct ctl_words_line *line);
int ctl_running_alias(const struct ctl_words_line *line);
/* ctl_health.c */
int ctl_health(const struct ctl_words_line *line);
int ctl_health_version(const struct ctl_words_line *line);
int ctl_health_metrics(const struct ctl_words_line *line);
/* ctl_act.c */
int ctl_act_logoff(const struct ctl_words_line *line);
int ctl_act_clear_aaa(const struct ctl_words_line *line);
int ctl_act_clear_lockout(const struct ctl_words_line *line);
int ctl_act_test(const struct ctl_words_line *line);
int ctl_act_reload(const struct ctl_words_line *line);
/* ctl_threat.c */
int ctl_threat_services(const struct ctl_words_line *line);
int ctl_threat_sources(const struct ctl_words_line *line);
int ctl_threat_shuns(const struct ctl_words_line *line);
int ctl_threat_shun(const struct ctl_words_line *line);
int ctl_threat_no_shun(const struct ctl_words_line *line);
int ctl_threat_clear(const struct ctl_words_line *line);

#endif
