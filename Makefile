# Makefile - all of lancet; `make help` lists what it can do
#
#: make              the program build/bin/lancet and its man pages
#: make demo         install what is missing, build, run the quickstart
#: make check        install what is missing, build, run the tests (11 minutes at first)
#: make check-long   more of the same (an hour)
#: make coverage     what BUILD=cov ./check ran
#: make bench        the instrument's own cost, beside a floor; PEERS=1: beside
#:                   other load generators too (4 minutes)
#: make lint         clang-tidy, gcc -fanalyzer, cppcheck, shellcheck, shape
#: make docs         renew what the pages quote of the program
#: make format       the sources as .clang-format says
#: make install      DESTDIR= prefix=/usr/local
#: make clean
#:
#: BUILD=plain|asan|tsan|cov|fuzz   CC=gcc|clang   WERROR=1   V=1 (commands)

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

BUILD ?= plain
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(BUILD)),clang,gcc)
endif
prefix ?= /usr/local
VERSION := 0.1.0

O := build/$(if $(filter plain,$(BUILD)),obj,$(BUILD))
BIN := $(if $(filter plain,$(BUILD)),build/bin,$(O)/bin)

# --- flags -----------------------------------------------------------------
warnings := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
sanitize := -fno-omit-frame-pointer -fno-sanitize-recover=undefined
flags_plain := -O2
flags_asan := -O1 -fsanitize=address,undefined $(sanitize)
flags_tsan := -O1 -fsanitize=thread
flags_cov := -O0 --coverage
flags_fuzz := -O1 -fsanitize=address,undefined,fuzzer-no-link $(sanitize)
ifndef flags_$(BUILD)
$(error BUILD=$(BUILD) is none of plain, asan, tsan, cov, fuzz)
endif

# Third-party headers are not ours to warn about.
packages := yaml-0.1 jansson gsl zlib
third_party := $(patsubst -I%,-isystem%,\
	$(shell pkg-config --cflags-only-I $(packages) 2>/dev/null))
CPPFLAGS += -I. -D_GNU_SOURCE $(third_party)
CFLAGS += -std=gnu11 -g -pthread $(warnings) $(flags_$(BUILD))
LDFLAGS += -pthread $(flags_$(BUILD))

# Static where Debian has the archive, so that one copied file runs on an
# agent host.
comma := ,
archives := -lyaml -ljansson -lgsl -lgslcblas -lhttp_parser -lz
ifeq ($(BUILD),plain)
archives := -Wl$(comma)-Bstatic $(archives) -Wl$(comma)-Bdynamic
endif
LDLIBS := $(archives) -lm

# --- sources ---------------------------------------------------------------
# Adding a file to a folder adds it to the program; a file in a folder of
# kinds also joins that kind's table.
dirs := lancet/core lancet/core/stats workloads hwts agents models coordinator targets reports
kind_dirs := workloads/arrival workloads/dist workloads/proto hwts/tsource \
	agents/transport models/formula models/policy coordinator/check coordinator/launch \
	targets/backend reports/writer
kind_sources := $(sort $(wildcard $(addsuffix /*.c,$(kind_dirs))))
sources := $(sort $(wildcard $(addsuffix /*.c,$(dirs))) $(kind_sources))
assembly := $(sort $(wildcard models/*.S reports/*.S workloads/*.S))
commands := $(sort $(wildcard lancet/cmd/*.c))
unit_tests := $(sort $(wildcard tests/unit/*_test.c))
fuzzers := $(sort $(wildcard tests/fuzz/*_fuzz.c))
# Programs that bench/peers runs; not benchmarks themselves.
bench_tools := bench/bare.c bench/server.c
benches := $(filter-out $(bench_tools),$(sort $(wildcard bench/*.c)))
goldens := $(sort $(wildcard tests/golden_*.c))
golden_parts := $(sort $(wildcard tests/golden/*.c))
simulators := $(sort $(wildcard tests/*_sim.c))
doubles := $(sort $(wildcard tests/double/*.c))
coverage_parts := $(sort $(wildcard tests/coverage/*.c))
validity_parts := tests/validity.c $(sort $(wildcard tests/validity/*.c))
pages := $(sort $(wildcard lancet/man/*.scd))
configs := $(sort $(wildcard configs/*))
shells := $(sort demo check .ci/run $(wildcard tools/*.sh tests/sim/* tests/hw/*))

# A missing optional package takes its files off the list.
absent = $(if $(shell command -v $(1)),,yes)
ifneq ($(shell pkg-config --exists cmocka && echo yes),yes)
unit_tests :=
endif
ifeq ($(call absent,scdoc),yes)
pages :=
endif

objects := $(sources:%.c=$(O)/%.o) $(assembly:%.S=$(O)/%.o) \
	$(O)/gen/kinds.o $(O)/gen/version.o
program_objects := $(commands:%.c=$(O)/%.o) $(O)/gen/commands.o
library := $(O)/liblancet.a

Q := $(if $(V),,@)
say = @printf '%7s %s\n' $(1) $(2)

# --- programs --------------------------------------------------------------
.PHONY: all help
all: $(BIN)/lancet $(goldens:tests/golden_%.c=$(BIN)/golden-%) \
	$(simulators:tests/%_sim.c=$(BIN)/%-sim) $(BIN)/lancet-nic \
	$(BIN)/coverage $(BIN)/validity \
	$(if $(filter plain,$(BUILD)),man)

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

$(BIN)/lancet: $(program_objects) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(library): $(objects)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# What .incbin takes in, the compiler does not tell.
$(O)/reports/assets.o: $(wildcard reports/page/* third_party/uplot/*)
$(O)/models/interface_text.o: $(wildcard models/interface_form.*)
$(O)/workloads/presets.o: workloads/presets.yaml

$(O)/%.o: %.S
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(O)/gen/%.o: $(O)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Tables are written anew when the list of files changes.
$(O)/gen/kinds.c: tools/kinds.sh $(O)/gen/kinds.list
	$(Q)tools/kinds.sh $(kind_sources) > $@

$(O)/gen/commands.c: tools/commands.sh $(O)/gen/commands.list $(commands)
	$(Q)tools/commands.sh $(commands) > $@

.PHONY: force
$(O)/gen/kinds.list: list := $(kind_sources)
$(O)/gen/commands.list: list := $(commands)
$(O)/gen/%.list: force
	@mkdir -p $(@D); echo '$(list)' | cmp -s - $@ || echo '$(list)' > $@

# One hash over all sources tells programs of one build tree from others.
$(O)/gen/version.c: $(sources) $(commands)
	$(Q)mkdir -p $(@D); printf '%s\n' '/* version.c - made by the Makefile */' \
	'#include "lancet/core/frame.h"' \
	'const char lancet_version[] = "$(VERSION)";' \
	"const char lancet_source_hash[] = \"$$(cat $^ | sha256sum | cut -c1-16)\";" > $@

# --- man pages and schemas -------------------------------------------------
man_pages := $(pages:lancet/man/%.scd=build/man/%)
schemas := build/share/config.schema.json build/share/result.schema.json

.PHONY: man schemas
man: $(man_pages)
schemas: $(schemas)

build/man/%: lancet/man/%.scd
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D) && scdoc < $< > $@

build/share/%.schema.json: $(BIN)/lancet
	$(Q)mkdir -p $(@D) && $< schema $* > $@

# --- tests and benchmarks --------------------------------------------------
# What stands in for hardware in tests, and is not in the program.
double := $(O)/tests/libdouble.a
$(double): $(doubles:%.c=$(O)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

# The archive twice where a test includes the .c of a module: its own
# definitions come first and the archive's member is not taken.
$(O)/tests/unit/%_test: $(O)/tests/unit/%_test.o $(double) $(library)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# Under gcc a fuzz target reads its corpus once; BUILD=fuzz explores.
fuzz_main := $(if $(filter fuzz,$(BUILD)),,$(O)/tests/fuzz/replay.o)
$(O)/tests/fuzz/%_fuzz: $(O)/tests/fuzz/%_fuzz.o $(fuzz_main) $(library)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(if $(fuzz_main),,-fsanitize=fuzzer) -o $@ $^ $(LDLIBS)

# Programs that read whole folders of golden values; not installed.
$(BIN)/golden-%: $(O)/tests/golden_%.o $(golden_parts:%.c=$(O)/%.o) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Programs that try a part against a simulation; not installed.
$(BIN)/%-sim: $(O)/tests/%_sim.o $(double) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The whole program over a simulated network card; not installed.
wrapped := recvmsg recvmmsg sendmsg setsockopt ioctl clock_gettime open
$(BIN)/lancet-nic: $(program_objects) $(doubles:%.c=$(O)/%.o) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) $(wrapped:%=-Wl$(comma)--wrap=%) \
		-o $@ $^ $(LDLIBS)

# How often intervals hold the truth, on simulated points; not installed.
$(BIN)/coverage: $(coverage_parts:%.c=$(O)/%.o) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# How often checks reject clean runs and miss broken ones; not installed.
$(BIN)/validity: $(validity_parts:%.c=$(O)/%.o) $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/bench/%: $(O)/bench/%.o $(library)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: tests fuzzers benches
tests: $(unit_tests:%.c=$(O)/%)
fuzzers: $(fuzzers:%.c=$(O)/%)
benches: $(benches:%.c=$(O)/%) $(bench_tools:%.c=$(O)/%)

# Packages are looked for when make starts: so install first, then make anew.
.PHONY: demo check check-long bench
demo:
	@tools/packages.sh demo
	@$(MAKE) all
	@tools/demo.sh $(BIN)/lancet

check check-long:
	@tools/packages.sh test
	@$(MAKE) WERROR=1 all tests fuzzers
	@BUILD=$(BUILD) tools/check.sh $(if $(filter check-long,$@),--long)

.PHONY: coverage
coverage:
	@tools/coverage.sh

bench: all benches
	@tools/bench.sh $(benches:%.c=$(O)/%)
	$(if $(PEERS),@bench/peers)
	$(if $(PEERS),@tools/performance.sh)

# --- the rest --------------------------------------------------------------
.PHONY: docs lint format install clean
docs: $(BIN)/lancet
	@tools/docs.sh $<

lint:
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' tools/lint.sh '$(sources) $(commands)' '$(shells)'

format:
	clang-format -i $$(find $(dirs) lancet/cmd bench tests -name '*.[ch]')

bindir = $(DESTDIR)$(prefix)/bin
mandir = $(DESTDIR)$(prefix)/share/man
includedir = $(DESTDIR)$(prefix)/include
datadir = $(DESTDIR)$(prefix)/share/lancet

install: all schemas
	$(call say,INSTALL,$(DESTDIR)$(prefix))
	$(Q)install -d $(bindir) $(mandir)/man1 $(mandir)/man5 \
		$(datadir)/configs $(datadir)/schema
	$(Q)install -m 755 $(BIN)/lancet $(bindir)
	$(Q)install -m 644 $(configs) $(datadir)/configs
	$(Q)install -D -m 644 workloads/plugin.h $(includedir)/lancet/plugin.h
	$(Q)install -m 644 $(schemas) $(datadir)/schema
	$(Q)for page in $(man_pages); do \
		install -m 644 $$page $(mandir)/man$${page##*.} || exit; \
	done

clean:
	rm -rf build

-include $(patsubst %.o,%.d,$(objects) $(program_objects) \
	$(patsubst %.c,$(O)/%.o,$(unit_tests) $(fuzzers) $(benches) \
		$(bench_tools) $(goldens) $(golden_parts) $(simulators) \
		$(doubles) $(coverage_parts) $(validity_parts)) \
	$(fuzz_main))
