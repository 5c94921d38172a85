# SPDX-License-Identifier: Apache-2.0
# Sekisho. "make help" lists the targets; V=1 shows the commands; SAN=address|thread|... builds into a folder of its own.

VERSION := 0.1.0
SAN ?=
CC ?= gcc
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
BUILD ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
comma := ,

Q := $(if $(V),,@)
PKGS := libevent_core libevent_pthreads openssl libxml-2.0 libconfig libprotobuf-c libmnl jansson
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE -DSEKISHO_VERSION='"$(VERSION)"' -DSEKISHO_SYSCONFDIR='"$(SYSCONFDIR)/sekisho"'
WARN := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wwrite-strings -Wcast-align \
	-Wframe-larger-than=8192 $(if $(findstring clang,$(CC)),,-Wduplicated-cond -Wlogical-op) $(if $(NO_WERROR),,-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE -ffunction-sections -fdata-sections
ifeq ($(SAN),)
OPT := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -ftrivial-auto-var-init=zero
else
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=$(SAN)
LDFLAGS += -fsanitize=$(SAN)
endif
CFLAGS += $(OPT) $(WARN) $(HARDEN)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed -pthread

# Asked of pkg-config only when something is built, so that "make demo" can install what is missing first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) -lcrypt)$(PKG_LIBS)

GEN := $(BUILD)/gen/common/ipc.pb-c.c
LIB_SRCS := $(filter-out gateway/main.c,$(wildcard common/*.c conf/*.c gateway/*.c auth/*.c pki/*.c)) tools/ctl.c tools/column.c
LIB_SRCS := $(wildcard $(LIB_SRCS))
LIB_OBJS := $(LIB_SRCS:%.c=$(BUILD)/%.o) $(BUILD)/gen/common/ipc.pb-c.o
LIB := $(BUILD)/libsekisho.a
TOOLS := show-sessions sekisho-passwd
TOOL_BINS := $(TOOLS:%=$(BUILD)/bin/%)
UNIT_SRCS := $(wildcard tests/unit/test_*.c)
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
FUZZ_SRCS := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BINS := $(FUZZ_SRCS:%.c=$(BUILD)/%)

.PHONY: all demo check bench lint install clean help unit-bins fuzz-bins
.SECONDARY:

all: $(BUILD)/bin/sekishod $(TOOL_BINS)

$(GEN): common/ipc.proto
	@mkdir -p $(BUILD)/gen
	$(Q)protoc-c --c_out=$(BUILD)/gen $<

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(OPT) $(HARDEN) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC    $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/bin/sekishod: $(BUILD)/gateway/main.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

$(BUILD)/bin/show-sessions: $(BUILD)/tools/show_sessions.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

$(BUILD)/bin/sekisho-passwd: $(BUILD)/tools/passwd.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS) -lcmocka

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

unit-bins: $(UNIT_BINS)
fuzz-bins: $(FUZZ_BINS)

clean:
	rm -rf build build-*

-include $(LIB_OBJS:.o=.d) $(UNIT_BINS:%=%.d) $(BUILD)/gateway/main.d
