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
PKGS := libevent_core libevent_extra libevent_pthreads openssl libxml-2.0 libconfig libprotobuf-c nettle libmnl jansson libsystemd libseccomp
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

# Always linked: under ASan the runtime has a crypt_r of its own, which needs the real one behind it.
CRYPT := -Wl,--push-state,--no-as-needed -lcrypt -Wl,--pop-state

# Asked of pkg-config only when something is built, so that "make demo" can install what is missing first.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)) $(CRYPT))$(PKG_LIBS)

GEN := $(BUILD)/gen/common/ipc.pb-c.c
LIB_SRCS := $(filter-out gateway/main.c,$(wildcard common/*.c conf/*.c gateway/*.c auth/*.c pki/*.c)) tools/column.c tools/prompt.c tools/session_pick.c tools/sekisho_debug.c $(wildcard tools/ctl*.c tools/show_*.c tools/import*.c tools/pki_*.c tools/exporter_*.c) $(filter-out tools/explain_policy.c,$(wildcard tools/explain_*.c))
LIB_SRCS := $(wildcard $(LIB_SRCS))
LIB_OBJS := $(LIB_SRCS:%.c=$(BUILD)/%.o) $(BUILD)/gen/common/ipc.pb-c.o
LIB := $(BUILD)/libsekisho.a
# Programs beside the daemon, and the file of each one's main.
TOOL_MAIN_show-sessions := short_name
TOOL_MAIN_show-access-list := short_name
TOOL_MAIN_show-aaa-server := short_name
TOOL_MAIN_show-crypto-ca := short_name
TOOL_MAIN_sekishoctl := sekishoctl
TOOL_MAIN_explain-policy := explain_policy
TOOL_MAIN_asa-import := asa_import
TOOL_MAIN_sekisho-passwd := passwd
TOOL_MAIN_sekisho-pki := sekisho_pki
TOOL_MAIN_sekisho-debug := short_name
TOOL_MAIN_sekisho-exporter := exporter
TOOLS := $(foreach tool,sekishoctl show-sessions show-access-list show-aaa-server show-crypto-ca explain-policy asa-import sekisho-passwd sekisho-pki sekisho-debug sekisho-exporter,$(if $(wildcard tools/$(TOOL_MAIN_$(tool)).c),$(tool)))
# Those that need root, to read or to change the configuration.
SBIN_TOOLS := $(filter sekisho-passwd sekisho-pki sekisho-debug sekisho-exporter explain-policy,$(TOOLS))
BIN_TOOLS := $(filter-out $(SBIN_TOOLS),$(TOOLS))
TOOL_BINS := $(TOOLS:%=$(BUILD)/bin/%)
UNIT_SRCS := $(wildcard tests/unit/test_*.c)
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
FUZZ_SRCS := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BINS := $(FUZZ_SRCS:%.c=$(BUILD)/%)

.PHONY: all demo check soak abuse wirefuzz bench fuzz lint install deb clean help unit-bins fuzz-bins fuzz-coverage abuse-bins print-flags
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
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(EXTRA_CFLAGS) $(if $(filter tests/%,$<),,$(ANALYZE)) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_OBJS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/bin/sekishod: $(BUILD)/gateway/main.o $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

define TOOL_RULE
$(BUILD)/bin/$(1): $(BUILD)/tools/$(TOOL_MAIN_$(1)).o $(LIB)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$< $$(LIB) $$(PKG_LIBS)
endef
$(foreach tool,$(TOOLS),$(eval $(call TOOL_RULE,$(tool))))

$(BUILD)/tests/unit/test_%: $(BUILD)/tests/unit/test_%.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS) -lcmocka $(TEST_LIBS)

# An independent reader of what we write; the daemon has nothing to do with it.
$(BUILD)/tests/unit/test_radius_packet: TEST_LIBS := -lradcli

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

# A sekishod whose children do what an attacker would who runs code in them (tests/e2e/551).
$(BUILD)/tests/compromise/main.o: gateway/main.c | $(GEN)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -DSEKISHO_COMPROMISE $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/compromise/sekishod: $(BUILD)/tests/compromise/main.o $(BUILD)/tests/compromise/compromise.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# A test of the load generator's parts, not of the library.
LOAD_TESTED := $(BUILD)/tests/load/load_http.o $(BUILD)/tests/load/load_packet.o
$(BUILD)/tests/unit/test_load_http: $(LOAD_TESTED)
$(BUILD)/tests/unit/test_load_http: TEST_LIBS := $(LOAD_TESTED)

# The load generator: many clients of this server or of ocserv.
LOAD_OBJS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/load/*.c))
$(BUILD)/tests/load/load: $(LOAD_OBJS) $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

# Strangers without manners.
$(BUILD)/tests/abuse/flood: $(BUILD)/tests/abuse/flood.o $(LIB)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS)

# With libFuzzer's instrumentation its own main is taken, else the plain runner's.
FUZZ_MAIN := $(if $(findstring fuzzer,$(SAN)),,$(BUILD)/tests/fuzz/replay.o)
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(LIB)
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) -o $@ $^ $(PKG_LIBS)

abuse-bins: $(BUILD)/tests/abuse/flood
unit-bins: $(UNIT_BINS)
fuzz-bins: $(FUZZ_BINS)

# ---- what people call ----

JOBS ?= $(shell nproc)
T ?=
FUZZ_SECONDS ?= 60
FUZZ ?= *
SANS := address,undefined thread

help:
	@echo "make              build the programs into build/bin/"
	@echo "make demo         a gateway and a real client in namespaces, until Ctrl-C (ONESHOT=1: exit after the show)"
	@echo "make check        every test (T=120 or T='3*': only those whose name begins so; SAN=address,undefined: with that build)"
	@echo "make soak         a hundred kills of gateway, auth and pki under the traffic of twenty clients (CLIENTS=20 KILLS=100 SEED=)"
	@echo "make wirefuzz     damaged dialogues of every kind through real sockets against an ASan build, beside a client (SECONDS=600 SEED=)"
	@echo "make abuse        floods one after the other, and what a client that is logged in has of it (ONLY=udp, SECONDS_EACH=8)"
	@echo "make lint         formatter, static analysis, layers, dead code"
	@echo "make bench        data path, logins, memory and latency beside ocserv (JSON=file: the figures too), cost of a vpn-filter"
	@echo "make fuzz         every parser under libFuzzer (FUZZ_SECONDS=60 each, FUZZ=xml: only that one)"
	@echo "make fuzz-coverage  how many lines of its parser each fuzzer's corpus runs through"
	@echo "make install      programs, manuals, example configuration (DESTDIR= PREFIX= SYSCONFDIR=)"
	@echo "make deb          a Debian package, into build/deb/"
	@echo "make clean        remove build*/"

demo:
	@tests/lib/packages.sh build demo
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@SEKISHO_BIN=$(CURDIR)/$(BUILD)/bin ONESHOT=$(ONESHOT) tests/lib/demo.sh

# Parsers that libFuzzer gets ten seconds each for in every full run, with no more of the sources than they need.
FUZZ_SHORT := pair xml
FUZZ_SHORT_BUILD := NO_WERROR=1 BUILD=build-fuzz-short CC=clang SAN=fuzzer-no-link,address,undefined \
	EXTRA_CFLAGS=-w LIB_SRCS='$(wildcard common/*.c conf/*.c pki/*.c gateway/xml*.c)'

# All: unit tests plain and under ASan+UBSan, the fuzz corpus, every e2e plain, most of them under ASan+UBSan, the data path
# under TSan, and for a few seconds each libFuzzer on what a stranger's login is read by. With T= only what its name selects, in
# the build that SAN= names.
ALL_TESTS := 'plain:unit/*' 'address:unit/*' 'address:fuzz/*' 'plain:e2e/*' 'address:e2e/[013456]*' 'address:e2e/870*' 'thread:e2e/3*' $(FUZZ_SHORT:%='fuzz:fuzz/%')
VARIANT := $(if $(findstring address,$(SAN)),address,$(if $(findstring thread,$(SAN)),thread,plain))

SECONDS ?= 600
wirefuzz:
	@tests/lib/packages.sh build check
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=address,undefined all
	@SEKISHO_BIN=$(CURDIR)/build-address-undefined/bin SEKISHO_SAN=address,undefined SECONDS_EACH=$(SECONDS) bash tests/abuse/wirefuzz.sh

soak:
	@tests/lib/packages.sh build check
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@SEKISHO_BIN=$(CURDIR)/$(BUILD)/bin SEKISHO_SAN=$(SAN) bash tests/soak/kills.sh

ONLY ?= .
SECONDS_EACH ?= 8
abuse:
	@tests/lib/packages.sh build check
	@$(MAKE) --no-print-directory -j$(JOBS) all abuse-bins
	@SEKISHO_BIN=$(CURDIR)/$(BUILD)/bin ONLY='$(ONLY)' SECONDS_EACH=$(SECONDS_EACH) bash tests/abuse/floods.sh

check:
	@tests/lib/packages.sh build check $(if $(T),,deb fuzz)
	@$(MAKE) --no-print-directory -j$(JOBS) all unit-bins fuzz-bins abuse-bins $(BUILD)/tests/load/load $(BUILD)/tests/compromise/sekishod
	@$(if $(T),,for san in $(SANS); do $(MAKE) --no-print-directory -j$(JOBS) SAN=$$san all unit-bins fuzz-bins abuse-bins || exit 1; done)
	@$(if $(T),,$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_SHORT_BUILD) $(FUZZ_SHORT:%=build-fuzz-short/tests/fuzz/fuzz_%))
	@tests/lib/runner.sh -j $(JOBS) $(if $(T),'$(VARIANT):*/$(T)*',$(ALL_TESTS))

lint:
	@tests/lib/packages.sh build lint
	@tests/lint/run.sh $(MAKE) $(STEPS)

# For tools that take compiler flags: include paths, definitions, warnings.
print-flags: $(GEN)
	@echo '$(subst ','"'"',$(CPPFLAGS)) $(filter-out -Werror,$(WARN)) $(PKG_CFLAGS)'

JSON ?=
bench:
	@tests/lib/packages.sh build bench
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/tests/load/load $(BUILD)/tests/bench/filter_cost
	@SEKISHO_BIN=$(CURDIR)/$(BUILD)/bin LOAD=$(CURDIR)/$(BUILD)/tests/load/load tests/bench/bench.sh $(if $(JSON),--json $(JSON))
	@$(BUILD)/tests/bench/filter_cost
	@SEKISHO_BIN=$(CURDIR)/$(BUILD)/bin tests/bench/certificate_logins.sh

FUZZ_BUILD := NO_WERROR=1 BUILD=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined
fuzz:
	@tests/lib/packages.sh build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_BUILD) fuzz-bins
	@for bin in build-fuzz/tests/fuzz/fuzz_$(FUZZ); do \
		case $$bin in *.[do]) continue;; esac; name=$${bin##*/fuzz_}; \
		mkdir -p build-fuzz/found/$$name; echo "fuzz $$name, $(FUZZ_SECONDS) s"; \
		$$bin -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=build-fuzz/found/ build-fuzz/found/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

FUZZ_COVERAGE := NO_WERROR=1 BUILD=build-fuzz-coverage CC=clang SAN=fuzzer-no-link \
	EXTRA_CFLAGS='-w -fprofile-instr-generate -fcoverage-mapping'
fuzz-coverage:
	@tests/lib/packages.sh build fuzz
	@LDFLAGS=-fprofile-instr-generate $(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_COVERAGE) fuzz-bins
	@tests/fuzz/coverage.sh build-fuzz-coverage

# Where systemd looks for what a package brings.
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
DOCDIR ?= $(PREFIX)/share/doc/sekisho
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
INSTALLED_CONF := $(DESTDIR)$(SYSCONFDIR)/sekisho

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/man/man8 $(INSTALLED_CONF) $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSUSERSDIR) \
		$(DESTDIR)$(TMPFILESDIR) $(DESTDIR)$(DOCDIR) $(DESTDIR)$(COMPLETIONDIR)
	install -m 755 $(BUILD)/bin/sekishod $(SBIN_TOOLS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(BIN_TOOLS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 tools/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 tools/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8
	for file in conf/example/*.service; do \
		sed 's,@PREFIX@,$(PREFIX),g;s,@SYSCONFDIR@,$(SYSCONFDIR),g' $$file >$(DESTDIR)$(UNITDIR)/$${file##*/} || exit 1; \
	done
	install -m 644 conf/example/sekisho.sysusers $(DESTDIR)$(SYSUSERSDIR)/sekisho.conf
	install -m 644 conf/example/sekisho.tmpfiles $(DESTDIR)$(TMPFILESDIR)/sekisho.conf
	for file in $(wildcard tools/completion/*); do \
		install -m 644 $$file $(DESTDIR)$(COMPLETIONDIR)/$${file##*/} || exit 1; \
	done
	install -m 644 README.md CHANGELOG.md $(DESTDIR)$(DOCDIR)
	cp -R --no-preserve=mode,ownership docs/. $(DESTDIR)$(DOCDIR)
	for file in conf/example/*.conf; do \
		target=$(INSTALLED_CONF)/$${file##*/}; \
		[ -e $$target ] || install -m 600 $$file $$target || exit 1; \
	done
	[ -e $(INSTALLED_CONF)/sysctl.conf ] || install -m 644 conf/example/sekisho.sysctl $(INSTALLED_CONF)/sysctl.conf
	chmod 644 $(INSTALLED_CONF)/gateway.conf # no secret in it; show-sessions reads the socket's place

# What dpkg-buildpackage works in is a copy, which takes over what is built already.
DEB := $(abspath $(BUILD))/deb
deb:
	@tests/lib/packages.sh build deb
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@rm -rf $(DEB) && mkdir -p $(DEB)/sekisho
	@tar -c --exclude=./build --exclude='./build-*' --exclude=./.git --exclude=./.ci . | tar -x -C $(DEB)/sekisho
	@cd $(DEB)/sekisho && unset MAKEFLAGS MAKELEVEL && SEKISHO_BUILD=$(abspath $(BUILD)) DEB_BUILD_OPTIONS="parallel=$(JOBS) $(DEB_BUILD_OPTIONS)" \
		dpkg-buildpackage -us -uc -b -nc >$(DEB)/log 2>&1 || { cat $(DEB)/log; exit 1; }
	@ls $(DEB)/*.deb

clean:
	rm -rf build build-*

-include $(LIB_OBJS:.o=.d) $(LOAD_OBJS:.o=.d) $(UNIT_BINS:%=%.d) $(FUZZ_BINS:%=%.d) $(BUILD)/gateway/main.d $(foreach tool,$(TOOLS),$(BUILD)/tools/$(TOOL_MAIN_$(tool)).d)
