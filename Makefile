# Makefile - all of lancet: `make`, `make demo`, `make check`; `make help`
#
# BUILD=plain|asan|tsan|cov|fuzz   CC=gcc|clang   WERROR=1   V=1

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:

BUILD ?= plain
ifeq ($(origin CC),default)
CC = gcc
endif
prefix ?= /usr/local
VERSION := 0.1.0

O := build/$(if $(filter plain,$(BUILD)),obj,$(BUILD))
BIN := $(if $(filter plain,$(BUILD)),build/bin,$(O)/bin)

# --- flags -------------------------------------------------------------
warnings := -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wvla \
	$(if $(WERROR),-Werror)
flags_plain := -O2
flags_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
flags_tsan := -O1 -fsanitize=thread
flags_cov := -O0 --coverage
flags_fuzz := -O1 -fsanitize=address,undefined,fuzzer-no-link
ifeq ($(BUILD),fuzz)
CC = clang
endif

packages := yaml-0.1 jansson gsl zlib
# Third-party headers are not ours to warn about.
system_includes := $(patsubst -I%,-isystem%,$(shell pkg-config --cflags-only-I $(packages) 2>/dev/null))
CPPFLAGS += -I. -D_GNU_SOURCE $(system_includes)
CFLAGS += -std=gnu11 -g -pthread $(warnings) $(flags_$(BUILD))
LDFLAGS += -pthread $(flags_$(BUILD))
comma := ,
# Static where Debian has the archive, so that one copied file runs on an
# agent host.
static_libs := -lyaml -ljansson -lgsl -lgslcblas -lz
LDLIBS := $(if $(filter plain,$(BUILD)),-Wl$(comma)-Bstatic $(static_libs) -Wl$(comma)-Bdynamic,$(static_libs)) -lm

# --- sources -------------------------------------------------------------
# Adding a file to a folder adds it to the program; a file in a folder of
# kinds also joins that kind's table.
dirs := lancet/core workloads hwts agents models coordinator targets reports
kind_dirs := workloads/arrival workloads/dist workloads/proto hwts/tsource \
	agents/transport models/policy coordinator/check coordinator/launch \
	targets/backend reports/writer
kind_sources := $(sort $(wildcard $(addsuffix /*.c,$(kind_dirs))))
sources := $(sort $(wildcard $(addsuffix /*.c,$(dirs))) $(kind_sources))
assembly := $(sort $(wildcard reports/*.S))
commands := $(sort $(wildcard lancet/cmd/*.c))
unit_tests := $(sort $(wildcard tests/unit/*_test.c))
fuzzers := $(sort $(wildcard tests/fuzz/*_fuzz.c))
benches := $(sort $(wildcard bench/*.c))
sim_tests := $(sort $(wildcard tests/sim/[0-9]*))

objects := $(sources:%.c=$(O)/%.o) $(assembly:%.S=$(O)/%.o) $(O)/gen/kinds.o $(O)/gen/version.o
library := $(O)/liblancet.a

Q := $(if $(V),,@)
say = @printf '%7s %s\n' $(1) $(2)

# --- programs ------------------------------------------------------------
.PHONY: all help
all: $(BIN)/lancet $(if $(filter plain,$(BUILD)),man)

help:
	@sed -n 's/^#: //p' Makefile

$(BIN)/lancet: $(commands:%.c=$(O)/%.o) $(O)/gen/commands.o $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(library): $(objects)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(O)/gen/%.o: $(O)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Written anew when the list of files changes.
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

# --- tests -----------------------------------------------------------------
$(O)/tests/unit/%_test: $(O)/tests/unit/%_test.o $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(O)/tests/fuzz/%_fuzz: $(O)/tests/fuzz/%_fuzz.o $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(O)/bench/%: $(O)/bench/%.o $(library)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PHONY: tests fuzzers benches
tests: $(unit_tests:%.c=$(O)/%)
fuzzers: $(fuzzers:%.c=$(O)/%)
benches: $(benches:%.c=$(O)/%)

.PHONY: man
man:

.PHONY: clean
clean:
	rm -rf build

.SECONDARY:
-include $(patsubst %.o,%.d,$(objects) $(commands:%.c=$(O)/%.o) $(unit_tests:%.c=$(O)/%.o))
