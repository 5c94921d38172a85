/* SPDX-License-Identifier: Apache-2.0 */
/* Forms. The group list must be whole in each of them: clients look their choice up again
 * (protocol.md 2.5). */
#include "auth/form.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 512
#define INPUTS_MAX 4
#define CHALLENGE_MESSAGE_ID 2

struct form {
	Ipc__AuthAnswer answer;
	char config_hash[24];
	Ipc__FormInput inputs[INPUTS_MAX];
	Ipc__FormInput *input_refs[INPUTS_MAX];
	Ipc__FormOption *options;
	Ipc__FormOption **option_refs;
};

static Ipc__FormInput *
input_add(struct form *form, const char *type, const char *name, const char *label)
{
	Ipc__FormInput *input = &form->inputs[form->answer.n_input];

	ipc__form_input__init(input);
	input->type = (char *)type;
	input->name = (char *)name;
	input->label = (char *)label;
	form->input_refs[form->answer.n_input++] = input;
	return input;
}

/* A user name: typed, or filled in and then shown or not. */
static Ipc__FormInput *
name_add(struct form *form, const struct form_name *what, const char *name, const char *label)
{
	bool hidden = what->value != NULL && what->hide;
	Ipc__FormInput *input = input_add(form, hidden ? "hidden" : "text", name, label);

	if (what->value != NULL)
		input->value = (char *)what->value;
	return input;
}

static void
fill_inputs(struct form *form, const struct form_fields *fields)
{
	if (fields->choice)
		return;
	name_add(form, &fields->name, "username", "Username:");
	input_add(form, "password", "password", fields->passcode ? "Passcode:" : "Password:");
	if (!fields->second)
		return;
	if (!fields->one_name)
		name_add(form, &fields->second_name, "secondary_username", "Second Username:")
		    ->second_auth = true;
	input_add(form, "password", "secondary_password", "Second Password:")->second_auth = true;
}

/* A group without passwords says so: clients then show no fields for it. */
static bool
is_without_password(const struct conf *conf, const char *alias)
{
	const char *spelling;
	const struct conf_object *group = resolve_alias(conf, alias, &spelling);

	return group != NULL && !conf_methods(group).aaa;
}

static void
option_add(struct form *form, const struct conf *conf, const char *alias, bool selected)
{
	Ipc__FormOption *option = &form->options[form->answer.n_option];

	ipc__form_option__init(option);
	option->value = (char *)alias;
	option->selected = selected;
	option->no_aaa = is_without_password(conf, alias);
	form->option_refs[form->answer.n_option++] = option;
}

static enum err
fill_options(struct form *form, const struct conf *conf, const struct resolve_choice *choice)
{
	const char **aliases;
	size_t count = resolve_aliases(conf, NULL, 0);

	if (count > OPTIONS_MAX)
		count = OPTIONS_MAX;
	if (!choice->list || count == 0)
		return ERR_OK;
	aliases = calloc(count, sizeof(*aliases));
	form->options = calloc(count + 1, sizeof(*form->options));
	form->option_refs = calloc(count + 1, sizeof(*form->option_refs));
	if (aliases == NULL || form->options == NULL || form->option_refs == NULL) {
		free(aliases);
		return ERR_NOMEM;
	}
	resolve_aliases(conf, aliases, count);
	if (choice->alias != NULL)
		option_add(form, conf, choice->alias, true);
	for (size_t i = 0; i < count; i++)
		if (choice->alias == NULL || strcmp(aliases[i], choice->alias) != 0)
			option_add(form, conf, aliases[i], false);
	form->answer.option = form->option_refs;
	free(aliases);
	return ERR_OK;
}

/* What both kinds have. */
static struct form *
form_begin(const struct resolve_choice *choice, const char *handle, uint64_t generation)
{
	struct form *form = calloc(1, sizeof(*form));
	Ipc__AuthAnswer *answer;

	if (form == NULL)
		return NULL;
	answer = &form->answer;
	ipc__auth_answer__init(answer);
	snprintf(form->config_hash, sizeof(form->config_hash), "%" PRIu64, generation);
	answer->kind = IPC__ANSWER_KIND__ANSWER_FORM;
	answer->title = (char *)"Login";
	answer->tunnel_group = (char *)conf_str(choice->group, TG_NAME);
	answer->handle = (char *)handle;
	answer->group_alias = (char *)(choice->alias != NULL ? choice->alias : "");
	answer->config_hash = form->config_hash;
	answer->input = form->input_refs;
	return form;
}

struct form *
form_new(const struct conf *conf, const struct resolve_choice *choice,
    const struct form_fields *fields, const char *handle, uint64_t generation)
{
	struct form *form = form_begin(choice, handle, generation);

	if (form == NULL)
		return NULL;
	form->answer.auth_id = (char *)"main";
	form->answer.message =
	    (char *)(fields->choice ? "Please choose your group."
				    : "Please enter your username and password.");
	fill_inputs(form, fields);
	if (fill_options(form, conf, choice) != ERR_OK) {
		form_free(form);
		return NULL;
	}
	return form;
}

/* Names that clients know: they send the value as the password, whichever it is (protocol.md 2.3).
 */
static void
fill_challenge(struct form *form, const struct form_challenge *challenge)
{
	switch (challenge->kind) {
	case FORM_CHOICE_PIN:
		input_add(form, "text", "whichpin", "Enter y or n:");
		break;
	case FORM_NEW_PIN:
		input_add(form, "password", "new_password", "New PIN:");
		input_add(form, "password", "verify_pin", "Verify PIN:");
		break;
	case FORM_NEW_PASSWORD:
		input_add(form, "password", "new_password", "New Password:");
		input_add(form, "password", "verify_password", "Verify Password:");
		break;
	default:
		input_add(form, "password", "answer", challenge->label);
		break;
	}
}

struct form *
form_challenge_new(const struct resolve_choice *choice, const struct form_challenge *challenge,
    const char *handle, uint64_t generation)
{
	struct form *form = form_begin(choice, handle, generation);

	if (form == NULL)
		return NULL;
	form->answer.auth_id = (char *)"challenge";
	/* The text is a parameter, as an ASA has it: clients put it in place of "%s". */
	form->answer.message = (char *)"%s";
	form->answer.message_id = CHALLENGE_MESSAGE_ID;
	form->answer.message_param1 = (char *)challenge->message;
	fill_challenge(form, challenge);
	if (challenge->error != NULL)
		form_set_failed(form, challenge->error);
	return form;
}

void
form_free(struct form *form)
{
	if (form == NULL)
		return;
	free(form->options);
	free(form->option_refs);
	free(form);
}

void
form_set_failed(struct form *form, const char *text)
{
	form->answer.error = (char *)(uintptr_t)text;
	/* The id of "Login failed." would have clients show that text. */
	form->answer.error_id = strcmp(text, FORM_ERROR_TEXT) == 0 ? FORM_ERROR_ID : 0;
}

const Ipc__AuthAnswer *
form_answer(const struct form *form)
{
	return &form->answer;
}

void
form_refused(Ipc__AuthAnswer *answer)
{
	ipc__auth_answer__init(answer);
	answer->kind = IPC__ANSWER_KIND__ANSWER_REFUSED;
	answer->auth_id = (char *)"main";
	answer->title = (char *)"Login";
	answer->error = (char *)FORM_ERROR_TEXT;
	answer->error_id = FORM_ERROR_ID;
	answer->close = true;
}

void
form_refused_certificate(Ipc__AuthAnswer *answer)
{
	form_refused(answer);
	answer->error = (char *)FORM_CERTIFICATE_TEXT;
	/* The id of "Login failed." would have clients show that text. */
	answer->error_id = 0;
}

void
form_certificate_request(Ipc__AuthAnswer *answer)
{
	ipc__auth_answer__init(answer);
	answer->kind = IPC__ANSWER_KIND__ANSWER_CLIENT_CERT_REQUEST;
}
