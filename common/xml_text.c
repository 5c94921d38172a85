/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping for XML 1.0 in UTF-8. */
#include "common/xml_text.h"

#include "common/attr.h"

static const char *
entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&apos;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

/* Length of the valid UTF-8 character of XML at s, 0 if it is none. */
static size_t
utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t min;
	} forms[] = {
	    {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		uint32_t c = s[0] & (unsigned char)~forms[i].mask;

		if ((s[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (size_t j = 1; j <= i; j++) {
			if ((s[j] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[j] & 0x3f);
		}
		if (c < forms[i].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ||
		    c == 0xfffe || c == 0xffff || (c < ' ' && c != '\n' && c != '\t'))
			return 0;
		return i + 1;
	}
	return 0;
}

void
xml_text_put(struct buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		const char *name = entity(*s);
		size_t len = utf8_len(s);

		if (name != NULL)
			buf_puts(out, name);
		else if (len > 0)
			buf_put(out, s, len);
		else
			buf_put_u8(out, '?');
		s += len > 0 ? len : 1;
	}
}

void
xml_text_element(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "<%s>", name);
	xml_text_put(out, text);
	buf_printf(out, "</%s>\n", name);
}

void
xml_text_optional(struct buf *out, const char *name, const char *text)
{
	if (text[0] != '\0')
		xml_text_element(out, name, text);
}

void
xml_text_attribute(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, " %s=\"", name);
	xml_text_put(out, text);
	buf_puts(out, "\"");
}
